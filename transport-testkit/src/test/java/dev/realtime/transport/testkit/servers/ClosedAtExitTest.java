package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClosedAtExitTest {

    /** Another JVM: starts servers and ends without closing them. */
    static final class Forgetful {
        public static void main(String[] arguments) {
            OwnPostgres postgres = OwnPostgres.started();
            OwnRedis redis = OwnRedis.started();
            System.out.println(postgres.folder() + " " + postgres.port());
            System.out.println(redis.folder() + " " + redis.port());
        }
    }

    /** Another JVM: makes a database on the server it is given. */
    static final class Guest {
        public static void main(String[] arguments) throws SQLException {
            System.out.println(TestPostgres.shared().freshDatabase());
        }
    }

    @Test
    void databasesMadeOnAGivenServerEndWithTheJvm() throws Exception {
        try (OwnPostgres given = OwnPostgres.started()) {
            List<String> made = run(Guest.class, Map.of("TEST_DATABASE_URL", given.url()));

            assertThat(made)
                    .hasSize(1)
                    .allSatisfy(url ->
                            assertThatThrownBy(PostgresUrl.parse(url)::connect).hasMessageContaining("does not exist"));
        }
    }

    @Test
    void serversAndFoldersEndWithTheJvm() throws Exception {
        List<String> servers = run(Forgetful.class, Map.of());

        assertThat(servers).hasSize(2).allSatisfy(ClosedAtExitTest::assertGone);
    }

    private static void assertGone(String folderAndPort) {
        String[] parts = folderAndPort.split(" ");
        int port = Integer.parseInt(parts[1]);
        assertThat(Path.of(parts[0])).doesNotExist();
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }

    private static List<String> run(Class<?> main, Map<String, String> environment) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String ownPath = System.getProperty("java.class.path");
        String path = System.getProperty("surefire.test.class.path", ownPath);
        ProcessBuilder builder = new ProcessBuilder(java, "-cp", path, main.getName());
        builder.environment().putAll(environment);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> lines;
        try (Stream<String> out = process.inputReader(StandardCharsets.UTF_8).lines()) {
            lines = out.toList();
        }
        assertThat(process.waitFor()).isZero();
        return lines;
    }
}
