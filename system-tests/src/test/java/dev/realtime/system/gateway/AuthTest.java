package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Canary;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayCommand;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.SseReader;
import java.net.URI;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Credentials, on processes. That no secret and no token is ever said again is what {@link Canary} watches. */
public class AuthTest {
    private static final String STREAM = "/realtime/stream";

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Jwt {
        private final Tokens tokens = new Tokens();
        private GatewayDatabase database;
        private GatewayProcess a;
        private GatewayProcess b;

        @BeforeAll
        void start() throws SQLException {
            database = GatewayDatabase.fresh();
            Map<String, String> settings = new HashMap<>(database.settings());
            settings.put("REALTIME_AUTH", "jwt");
            settings.put("REALTIME_JWT_SECRET", tokens.secret());
            a = GatewayProcess.starting(settings);
            b = GatewayProcess.starting(settings);
            a.awaitReady();
            b.awaitReady();
        }

        @AfterAll
        void stop() throws SQLException {
            a.close();
            b.close();
            database.close();
        }

        @Test
        void organisationsHearOnlyTheirOwn() {
            String acme = tokens.of("acme");
            String globex = tokens.of("globex");
            String operators = tokens.of("_ops");
            try (SseReader atAcme = SseReader.open(a.address(), STREAM, bearer(acme));
                    SseReader atGlobex = SseReader.open(a.address(), STREAM, bearer(globex));
                    SseReader atOperators = SseReader.open(a.address(), STREAM, bearer(operators))) {
                Ledger ofAcme = new Ledger("acme");
                Ledger ofGlobex = new Ledger("globex");
                Ledger ofOperators = new Ledger("_ops");
                for (int i = 0; i < 10; i++) {
                    ofAcme.committed(published(acme, "{\"event\":\"made\",\"topic\":\"resource:orders\"}"));
                    ofGlobex.committed(published(globex, "[{\"event\":\"made\"},{\"event\":\"made\"}]"));
                }
                ofOperators.committed(published(operators, "{\"event\":\"made\"}"));
                atAcme.awaitEvents(10);
                atGlobex.awaitEvents(20);
                atOperators.awaitEvents(1);

                ofAcme.requireWhole(atAcme);
                ofGlobex.requireWhole(atGlobex);
                ofOperators.requireWhole(atOperators);
            }
        }

        @Test
        void anotherOrganisationsCursorOpensNothing() {
            String acme = tokens.of("acme");
            String globex = tokens.of("globex");
            String before = b.client(globex).position();
            List<Acknowledged> secret = published(acme, "{\"event\":\"secret.made\",\"payload\":\"secret\"}");
            Ledger ofGlobex = new Ledger("globex");
            ofGlobex.committed(published(globex, "{\"event\":\"made\"}"));

            Map<String, String> resumed = Map.of("Authorization", "Bearer " + globex, "Last-Event-ID", before);
            try (SseReader atGlobex = SseReader.open(a.address(), STREAM, resumed)) {
                atGlobex.awaitEvents(1);
                ofGlobex.requireWhole(atGlobex);
            }
            resumed = Map.of(
                    "Authorization",
                    "Bearer " + globex,
                    "Last-Event-ID",
                    secret.get(0).cursor());
            try (SseReader atGlobex = SseReader.open(a.address(), STREAM, resumed)) {
                assertThat(atGlobex.frames().toString()).doesNotContain("secret");
            }
        }

        @Test
        void publishingToAnotherOrganisationIsRefused() throws SQLException {
            int before = database.logged();
            Answer answer = a.client(tokens.of("acme")).post("{\"event\":\"made\",\"org_id\":\"globex\"}");

            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("organisation_not_allowed");
            assertThat(database.logged()).isEqualTo(before);
        }

        @Test
        void whatIsNoGoodTokenIsRefusedEverywhereWithItsCode() {
            refused(a.client(), "token_missing");
            refused(a.client(tokens.expired("acme")), "token_expired");
            refused(a.client(new Tokens().of("acme")), "token_bad_signature");
            refused(a.client(unsigned()), "token_bad_algorithm");
            refused(a.client(Canary.fresh("no-token")), "token_malformed");
        }

        @Test
        void operatorsPagesAreForOperators() {
            assertThat(a.client().get("/readyz").body()).isEqualTo("{\"ready\":true}");
            assertThat(a.client(tokens.of("acme")).get("/readyz").body()).isEqualTo("{\"ready\":true}");
            assertThat(a.client(tokens.of("_ops")).get("/readyz").body()).contains("postgres");
            for (String page : List.of("/", "/metrics")) {
                assertThat(a.client().get(page).status()).isEqualTo(401);
                assertThat(a.client(tokens.of("acme")).get(page).code()).isEqualTo("operators_only");
                assertThat(a.client(tokens.of("_ops")).get(page).status()).isEqualTo(200);
            }
        }

        private List<Acknowledged> published(String token, String event) {
            return b.client(token).publish(event);
        }
    }

    @Test
    void noCredentialsOnAPublicAddressMustBeSaidAloud() {
        GatewayCommand unsaid = GatewayCommand.run(Map.of("HOST", "0.0.0.0", "PORT", "0"), "serve");

        assertThat(unsaid.awaitExit()).isEqualTo(2);
        assertThat(unsaid.err().lines()).singleElement().asString().contains("REALTIME_AUTH");
        assertThat(unsaid.out().lines()).isEmpty();

        Map<String, String> saidAloud = Map.of("HOST", "0.0.0.0", "PORT", "0", "REALTIME_AUTH", "none");
        try (GatewayProcess said = GatewayProcess.listening(saidAloud)) {
            assertThat(said.client().get("/readyz").status()).isEqualTo(200);
        }
    }

    @Test
    void aGatewayThatIsToldNothingPrintsItsKeyOnceAndAsksForIt() {
        try (GatewayCommand command = GatewayCommand.start(Map.of("PORT", "0"), "serve")) {
            URI address = printedAddress(command);
            String key = address.getQuery().substring("key=".length());
            GatewayClient stranger = new GatewayClient(address.resolve("/"), Map.of());
            GatewayClient holder = new GatewayClient(address.resolve("/"), bearer(key));

            assertThat(stranger.post("{\"event\":\"made\"}").code()).isEqualTo("auth_not_configured");
            assertThat(stranger.get(STREAM).status()).isEqualTo(403);
            assertThat(stranger.get("/?key=" + key + "x").status()).isEqualTo(403);
            assertThat(stranger.get("/?key=" + key).status()).isEqualTo(200);
            assertThat(holder.publish("{\"event\":\"made\"}")).hasSize(1);
            assertThat(holder.get(STREAM + "?key=" + key).status()).isEqualTo(400);
            command.terminate();
            command.awaitExit();

            assertThat(command.everything().split(Pattern.quote(key), -1)).hasSize(2);
        }
    }

    /** As a person reads it: the address with the key. */
    public static URI printedAddress(GatewayCommand command) {
        Pattern address = Pattern.compile("http://\\S+/\\?key=\\S+");
        Patience.until(
                "an address is printed",
                () -> address.matcher(command.out().text()).find());
        return address.matcher(command.out().text())
                .results()
                .map(printed -> URI.create(printed.group()))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aSecretThatIsTooShortIsNotRepeated() {
        String secret = Canary.watched("tiny-canary-zq7");
        GatewayCommand command =
                GatewayCommand.run(Map.of("REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", secret), "serve");

        assertThat(command.awaitExit()).isEqualTo(2);
        assertThat(command.err().lines()).singleElement().asString().contains("REALTIME_JWT_SECRET");
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    private static String unsigned() {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return Canary.watched(base64.encodeToString("{\"alg\":\"none\"}".getBytes(UTF_8))
                + "."
                + base64.encodeToString("{\"org_id\":\"acme\",\"sub\":\"canary\"}".getBytes(UTF_8))
                + ".");
    }

    private static void refused(GatewayClient client, String code) {
        for (Answer answer :
                List.of(client.get(STREAM), client.get("/realtime/position"), client.post("{\"event\":\"made\"}"))) {
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.code()).isEqualTo(code);
        }
    }
}
