package dev.realtime.system.document;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The arrows of the design, and what nobody may do. */
class ArchitectureTest {
    private static final String TRANSPORT = "dev.realtime.transport";
    private static final String API = TRANSPORT;
    private static final String SPI = TRANSPORT + ".spi..";
    private static final String CORE = TRANSPORT + ".internal..";
    private static final String MEMORY = TRANSPORT + ".memory..";
    private static final String REDIS = TRANSPORT + ".redis..";
    private static final String POSTGRES = TRANSPORT + ".postgres..";
    private static final String SSE = "dev.realtime.sse..";
    private static final String GATEWAY = "dev.realtime.sse.gateway..";

    private static final int MOST_FILES = 20;

    private static final Set<String> FRONT_DOORS = Set.of("RealtimeEndpoint", "PubSub");

    private static JavaClasses ours;

    @BeforeAll
    static void read() {
        ours = new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("dev.realtime");
    }

    /** Rules about nothing are never broken. */
    @ParameterizedTest
    @ValueSource(strings = {API, SPI, CORE, MEMORY, REDIS, POSTGRES, "dev.realtime.sse", GATEWAY})
    void everyPartIsLookedAt(String part) {
        assertThat(ours.stream().filter(resideInAPackage(part))).isNotEmpty();
    }

    @Test
    void theEndpointSeesNoTransport() {
        check(noClasses()
                .that()
                .resideInAPackage(SSE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(MEMORY, REDIS, POSTGRES, SPI));
    }

    @Test
    void theCoreSeesNobody() {
        check(noClasses()
                .that()
                .resideInAnyPackage(API, SPI, CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SSE, MEMORY, REDIS, POSTGRES));
    }

    @ParameterizedTest
    @CsvSource({
        MEMORY + "," + REDIS + "," + POSTGRES,
        REDIS + "," + MEMORY + "," + POSTGRES,
        POSTGRES + "," + MEMORY + "," + REDIS
    })
    void aTransportSeesNoEndpointAndNoOther(String transport, String other, String third) {
        check(noClasses()
                .that()
                .resideInAPackage(transport)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SSE, other, third));
    }

    /** Each module's internal packages, and the module that they belong to. */
    @ParameterizedTest
    @CsvSource({
        TRANSPORT + ".internal..," + TRANSPORT + "," + TRANSPORT + ".internal..",
        TRANSPORT + ".redis.internal..," + REDIS + "," + REDIS,
        TRANSPORT + ".postgres.internal..," + POSTGRES + "," + POSTGRES,
        "dev.realtime.sse.internal..," + SSE + "," + SSE
    })
    void internalStaysInItsModule(String internal, String module, String rest) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(module, rest)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(internal));
    }

    @Test
    void oneFileKnowsPgjdbcNg() {
        Set<String> files = ours.stream()
                .filter(each -> each.getDirectDependenciesFromSelf().stream()
                        .anyMatch(dependency ->
                                resideInAPackage("com.impossibl..").test(dependency.getTargetClass())))
                .map(ArchitectureTest::outermost)
                .collect(Collectors.toSet());

        assertThat(files).containsExactly("PgNgEar");
    }

    @Test
    void nobodyCallsExecuteBatch() {
        check(noClasses()
                .should()
                .callMethodWhere(com.tngtech.archunit.core.domain.JavaCall.Predicates.target(
                        com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching(
                                "execute(Large)?Batch"))));
    }

    @Test
    void onlyTheCommandLineWritesToStandardOutput() {
        check(noClasses()
                .that()
                .doNotHaveFullyQualifiedName("dev.realtime.sse.gateway.GatewayMain")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err"));
        // One listens to what the drivers say, the other is a DataSource, which has a method that names a Logger.
        check(noClasses()
                .that()
                .haveNameNotMatching(".*\\.(CanaryCheck(\\$.*)?|RoutedSource)")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging.."));
    }

    @Test
    void namesSayWhatAThingIs() {
        check(classes().should().haveNameNotMatching(".*(Util|Utils|Manager|Helper|Impl)(\\$.*)?"));
    }

    @Test
    void theApiNeedsNeitherWebNorDatabase() {
        check(noClasses()
                .that()
                .resideInAnyPackage(API, SPI, CORE)
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "org.eclipse.jetty..",
                        "jakarta.servlet..",
                        "java.sql..",
                        "javax.sql..",
                        "org.postgresql..",
                        "com.impossibl..",
                        "com.zaxxer..",
                        "org.flywaydb..",
                        "io.lettuce..",
                        "io.netty..")));
    }

    @Test
    void theEndpointNeedsJettyOnlyToWriteToJetty() {
        check(noClasses()
                .that()
                .resideInAnyPackage("dev.realtime.sse", "dev.realtime.sse.internal..")
                .and()
                .haveNameNotMatching(".*\\.(JettyOutlet|SocketOutlet|TakenConnection)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.jetty.."));
    }

    /** The rooms of the endpoint, and those that each may know. */
    @ParameterizedTest
    @CsvSource({
        "http, ''",
        "write, 'http'",
        "credential, 'http'",
        "publish, 'http write credential'",
        "stream, 'http write credential'"
    })
    void theEndpointsRoomsKnowOnlyThoseBelowThem(String room, String below) {
        knowsOnly("dev.realtime.sse.internal", room, below);
    }

    /** The rooms of the Postgres transport. */
    @ParameterizedTest
    @CsvSource({
        "connect, ''",
        "store, 'connect'",
        "server, 'connect store'",
        "listen, 'connect store'",
        "publish, 'connect store'",
        "log, 'connect store server listen publish'"
    })
    void thePostgresTransportsRoomsKnowOnlyThoseBelowThem(String room, String below) {
        knowsOnly("dev.realtime.transport.postgres.internal", room, below);
    }

    /** The rooms of the Redis transport. */
    @ParameterizedTest
    @CsvSource({"connect, ''", "log, 'connect'", "publish, 'connect log'", "tail, 'connect log'"})
    void theRedisTransportsRoomsKnowOnlyThoseBelowThem(String room, String below) {
        knowsOnly("dev.realtime.transport.redis.internal", room, below);
    }

    private static void knowsOnly(String house, String room, String below) {
        Set<String> known = Stream.of((room + " " + below).trim().split(" ")).collect(Collectors.toSet());
        assertThat(ours.stream().filter(resideInAPackage(house + "." + room))).isNotEmpty();
        check(noClasses()
                .that()
                .resideInAPackage(house + "." + room + "..")
                .should()
                .dependOnClassesThat(describe(
                        "are in " + house + " but not in " + known,
                        each -> resideInAPackage(house + "..").test(each)
                                && known.stream()
                                        .noneMatch(one -> resideInAPackage(house + "." + one + "..")
                                                .test(each)))));
    }

    /** In any module, the tests' too. */
    @Test
    void noPackageHasMoreFilesThanOneLooksThrough() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("..").toRealPath())) {
            Map<Path, Long> crowded = files.filter(ArchitectureTest::isSource)
                    .collect(Collectors.groupingBy(Path::getParent, TreeMap::new, Collectors.counting()));

            assertThat(crowded)
                    .hasSizeGreaterThan(MOST_FILES)
                    .allSatisfy((folder, count) ->
                            assertThat(count).as("files in %s", folder).isLessThanOrEqualTo(MOST_FILES));
        }
    }

    private static boolean isSource(Path file) {
        return file.toString().matches(".*/src/(main|test)/java/.*\\.java")
                && !file.toString().contains("/target/")
                && !file.endsWith("package-info.java");
    }

    /** But for the front door of a module, which knows the rooms behind it, as they know what it takes and gives. */
    @Test
    void noPackagesGoInACircle() {
        check(slices().matching("dev.realtime.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(
                        describe("front doors", each -> FRONT_DOORS.contains(outermost(each))),
                        resideInAPackage("..internal..")));
    }

    /** The rooms of the gateway, which know nothing of how it is put together. */
    @ParameterizedTest
    @CsvSource({"auth, ''", "port, ''", "page, 'auth'"})
    void theGatewaysRoomsKnowOnlyThoseBelowThem(String room, String below) {
        knowsOnly("dev.realtime.sse.gateway", room, below);
    }

    private static void check(ArchRule rule) {
        rule.check(ours);
    }

    private static String outermost(JavaClass each) {
        return each.getEnclosingClass().map(ArchitectureTest::outermost).orElse(each.getSimpleName());
    }
}
