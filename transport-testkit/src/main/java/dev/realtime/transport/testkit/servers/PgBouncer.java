package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real PgBouncer in transaction mode in front of a server, ended with {@link #close}. Thread-safe. */
public final class PgBouncer implements AutoCloseable {
    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/pgbouncer"), Path.of("/usr/bin/pgbouncer"), Path.of("/usr/local/bin/pgbouncer"));

    private final int port = LoopbackPort.free();
    private final Path settings;
    private final Process process;

    private PgBouncer(Path program, URI server) throws IOException {
        String[] credentials = server.getUserInfo().split(":", 2);
        settings = Files.createTempFile("realtime-pgbouncer", ".ini");
        Files.writeString(
                settings,
                String.join(
                        "\n",
                        "[databases]",
                        "* = host=" + server.getHost() + " port=" + server.getPort() + " user=" + credentials[0]
                                + " password=" + credentials[1],
                        "[pgbouncer]",
                        "listen_addr = 127.0.0.1",
                        "listen_port = " + port,
                        "unix_socket_dir =",
                        "auth_type = any",
                        "pool_mode = transaction",
                        "ignore_startup_parameters = extra_float_digits",
                        ""));
        Files.setPosixFilePermissions(settings, PosixFilePermissions.fromString("rw-r--r--"));
        List<String> command = new ArrayList<>(List.of(program.toString()));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "nobody")); // it refuses to run as root
        }
        command.add(settings.toString());
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Awaitility.await().until(this::answers);
    }

    /** In front of this server, or an assumption that fails where there is no PgBouncer; on CI there has to be one. */
    public static PgBouncer inFrontOf(String url) {
        @Nullable
        Path program = PLACES.stream().filter(Files::isExecutable).findFirst().orElse(null);
        if ("true".equals(System.getenv("CI"))) {
            assertThat(program).as("pgbouncer, which CI installs").isNotNull();
        }
        assumeTrue(program != null, "pgbouncer is not installed: what a pooler does is not tested here");
        try {
            return new PgBouncer(program, URI.create(url));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The way through it to the server's database. */
    public String url(String serverUrl) {
        return "postgres://pooled:any@127.0.0.1:" + port + URI.create(serverUrl).getPath();
    }

    @Override
    public void close() {
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).forEach(ProcessHandle::destroyForcibly);
        Awaitility.await().until(() -> !process.isAlive());
        try {
            Files.deleteIfExists(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            assertThat(process.isAlive()).as("pgbouncer runs").isTrue();
            return false;
        }
    }
}
