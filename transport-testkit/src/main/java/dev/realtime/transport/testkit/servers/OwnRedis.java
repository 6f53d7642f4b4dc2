package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Redis that belongs to one test: the {@code redis-server} on the PATH, else the embedded one. The test may stop,
 * kill and start it, and finds it on the same port and empty, since nothing is saved. It listens on the loopback
 * interface only. Closed, or when the JVM ends, it is gone. Thread-safe.
 */
public final class OwnRedis implements AutoCloseable {
    private static final int ANSWER_MILLIS = 1_000;

    private final ServerFolder folder = ServerFolder.create("redis");
    private final Path log = folder.resolve("server.log");
    private final int port = LoopbackPort.free();
    private final RedisBinary binary;

    private @Nullable ServerProcess process;

    private OwnRedis(String path) {
        this.binary = RedisBinary.found(path, folder);
    }

    /** A new server, running. */
    public static OwnRedis started() {
        String path = System.getenv("PATH");
        return started(path == null ? "" : path);
    }

    static OwnRedis started(String path) {
        OwnRedis server = new OwnRedis(path);
        ClosedAtExit.add(server);
        try {
            server.start();
            return server;
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
        List<String> command = List.of(
                binary.program().toString(),
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--dir",
                folder.path().toString(),
                "--save",
                "",
                "--appendonly",
                "no");
        ServerProcess starting = ServerProcess.started(command, log);
        process = starting;
        starting.awaitReady(this::answers);
    }

    /** Stops the running server in good order, and returns when it has ended. */
    public synchronized void stop() {
        running().end();
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
