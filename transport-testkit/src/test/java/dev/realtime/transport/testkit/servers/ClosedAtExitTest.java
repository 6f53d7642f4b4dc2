package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
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

    @Test
    void serversAndFoldersEndWithTheJvm() throws Exception {
        List<String> servers = run(Forgetful.class);

        assertThat(servers).hasSize(2).allSatisfy(ClosedAtExitTest::assertGone);
    }

    private static void assertGone(String folderAndPort) {
        String[] parts = folderAndPort.split(" ");
        int port = Integer.parseInt(parts[1]);
        assertThat(Path.of(parts[0])).doesNotExist();
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }

    private static List<String> run(Class<?> main) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String ownPath = System.getProperty("java.class.path");
        String path = System.getProperty("surefire.test.class.path", ownPath);
        Process process = new ProcessBuilder(java, "-cp", path, main.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines;
        try (Stream<String> out = process.inputReader(StandardCharsets.UTF_8).lines()) {
            lines = out.toList();
        }
        assertThat(process.waitFor()).isZero();
        return lines;
    }
}
