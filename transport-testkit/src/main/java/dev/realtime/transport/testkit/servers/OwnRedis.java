package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Redis that belongs to one test: the {@code redis-server} on the PATH, else the embedded one. The test may stop,
 * kill and start it, and finds it on the same port and empty, since nothing is saved unless the test asks for it. It
 * listens on the loopback interface only. Closed, or when the JVM ends, it is gone. Thread-safe.
 */
public final class OwnRedis implements AutoCloseable {
    private static final int ANSWER_MILLIS = 1_000;

    private final ServerFolder folder = ServerFolder.create("redis");
    private final Path log = folder.resolve("server.log");
    private final int port;
    private final Path data = folder.resolve("data");
    private final Path kept = folder.resolve("kept");
    private final RedisBinary binary;
    private final Map<String, String> settings;

    private @Nullable ServerProcess process;

    private OwnRedis(String path, Map<String, String> settings) {
        this.settings = Map.copyOf(settings);
        this.port = settings.containsKey("cluster-enabled") ? LoopbackPort.freeForCluster() : LoopbackPort.free();
        this.binary = RedisBinary.found(path, folder);
    }

    /** A new server, running. */
    public static OwnRedis started() {
        return started(Map.of());
    }

    /** A new server, running with settings of {@code redis.conf} beyond ours, which save nothing. */
    public static OwnRedis started(Map<String, String> settings) {
        String path = System.getenv("PATH");
        return started(path == null ? "" : path, settings);
    }

    static OwnRedis started(String path) {
        return started(path, Map.of());
    }

    private static OwnRedis started(String path, Map<String, String> settings) {
        OwnRedis server = new OwnRedis(path, settings);
        ClosedAtExit.add(server);
        try {
            Files.createDirectories(server.data);
            server.start();
            return server;
        } catch (IOException e) {
            server.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** {@code redis://127.0.0.1:port}; the same after every start. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** The port on 127.0.0.1; the same after every start. */
    public int port() {
        return port;
    }

    /** Where its program is from: {@code redis-server} (on the PATH) or {@code embedded}. */
    public String source() {
        return binary.source();
    }

    public synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Starts the stopped server, and returns when it answers to PING. */
    public synchronized void start() {
        if (isRunning()) {
            throw new IllegalStateException("The server runs already");
        }
        List<String> command = new ArrayList<>(List.of(
                binary.program().toString(),
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--dir",
                data.toString(),
                "--save",
                ""));
        settings.forEach((name, value) -> {
            command.add("--" + name);
            command.addAll(List.of(value.split(" ")));
        });
        ServerProcess starting = ServerProcess.started(command, log);
        process = starting;
        starting.awaitReady(this::answers);
    }

    /** Stops the running server in good order, and returns when it has ended. */
    public synchronized void stop() {
        running().end();
    }

    /** Keeps a copy of the server's files as they are, for {@link #restore}; it replaces an earlier one. */
    public synchronized void snapshot() {
        copy(data, kept);
    }

    /** Puts the files of the last {@link #snapshot} back, while the server is stopped. */
    public synchronized void restore() {
        if (isRunning()) {
            throw new IllegalStateException("The server runs");
        }
        copy(kept, data);
    }

    /** Kills the running server. */
    public synchronized void kill() {
        running().kill();
    }

    @Override
    public synchronized void close() {
        if (process != null) {
            process.kill();
        }
        folder.delete();
        ClosedAtExit.remove(this);
    }

    @Override
    public String toString() {
        return "OwnRedis " + url();
    }

    /** The folder that holds everything of this server. */
    Path folder() {
        return folder.path();
    }

    private void copy(Path from, Path to) {
        for (List<String> command :
                List.of(List.of("rm", "-rf", to.toString()), List.of("cp", "-R", from.toString(), to.toString()))) {
            ServerProcess.run(command, log);
        }
    }

    private ServerProcess running() {
        if (process == null || !process.isAlive()) {
            throw new IllegalStateException("The server does not run");
        }
        return process;
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(5), StandardCharsets.US_ASCII).equals("+PONG");
        } catch (IOException notYet) {
            return false;
        }
    }
}
