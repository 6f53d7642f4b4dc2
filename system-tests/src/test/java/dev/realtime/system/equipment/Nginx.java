package dev.realtime.system.equipment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A real nginx in front of a gateway, as it is without any directive that tunes it unless a test says one. Thread-safe. */
public final class Nginx implements AutoCloseable {
    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/local/sbin/nginx"), Path.of("/usr/local/bin/nginx"));

    private final int port = LoopbackPort.free();
    private final Path folder;
    private final Path settings;
    private final Process process;

    private Nginx(Path program, String locations) throws IOException {
        folder = Files.createTempDirectory("realtime-nginx-");
        settings = folder.resolve("nginx.conf");
        Files.writeString(settings, settings(locations));
        process = new ProcessBuilder(
                        program.toString(), "-p", folder.toString(), "-c", settings.toString(), "-e", "error.log")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output.log").toFile())
                .start();
        Patience.until("nginx listens", this::answers);
    }

    /** In front of this gateway, or an assumption that fails where there is no nginx; on CI there has to be one. */
    public static Nginx inFrontOf(URI gateway) throws IOException {
        return with("location / { proxy_pass " + gateway + "; }");
    }

    /** The same with these locations. */
    public static Nginx with(String locations) throws IOException {
        Path program = PLACES.stream().filter(Files::isExecutable).findFirst().orElse(null);
        if ("true".equals(System.getenv("CI"))) {
            assertThat(program).as("nginx, which CI installs").isNotNull();
        }
        assumeTrue(program != null, "nginx is not installed: streams through a buffering proxy are not tested here");
        return new Nginx(program, locations);
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + port);
    }

    /** In one process, with all that it writes in its folder. What is not said is nginx's default. */
    private String settings(String locations) {
        return String.join(
                "\n",
                "daemon off;",
                "master_process off;",
                "pid nginx.pid;",
                "events {}",
                "http {",
                "  access_log off;",
                "  client_body_temp_path body;",
                "  proxy_temp_path proxy;",
                "  fastcgi_temp_path fastcgi;",
                "  uwsgi_temp_path uwsgi;",
                "  scgi_temp_path scgi;",
                "  server {",
                "    listen 127.0.0.1:" + port + ";",
                locations,
                "  }",
                "}",
                "");
    }

    private boolean answers() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            assertThat(process.isAlive())
                    .as("nginx runs: %s", Files.readString(folder.resolve("output.log")))
                    .isTrue();
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Patience.until("nginx has ended", () -> !process.isAlive());
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }
}
