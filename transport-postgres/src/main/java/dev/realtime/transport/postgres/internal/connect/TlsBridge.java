package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.Secrets;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import javax.net.ssl.SSLSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks TLS for a driver that is better not trusted with it: takes one connection on a port of the loopback interface
 * and passes all bytes on to the server and back, encrypted there. What ends on one side ends on the other. Two
 * threads, which end when it is closed. Thread-safe.
 */
final class TlsBridge implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final Logger LOG = LoggerFactory.getLogger(TlsBridge.class);

    private final ServerSocket entrance;
    private final Socket raw;
    private final SSLSocket server;
    private volatile boolean closed;

    private TlsBridge(ServerSocket entrance, Socket raw, SSLSocket server) {
        this.entrance = entrance;
        this.raw = raw;
        this.server = server;
    }

    /**
     * To this server, with which hands have been shaken.
     *
     * @param raw what the encrypted socket stands on
     * @param patience how long the one connection may take to come
     */
    static TlsBridge to(Socket raw, SSLSocket server, Duration patience) throws IOException {
        ServerSocket entrance = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        entrance.setSoTimeout(Math.toIntExact(patience.toMillis()));
        TlsBridge bridge = new TlsBridge(entrance, raw, server);
        bridge.daemon("out", bridge::run);
        return bridge;
    }

    /** Where the one connection has to go. */
    ServerAddress address() {
        return new ServerAddress(entrance.getInetAddress().getHostAddress(), entrance.getLocalPort());
    }

    private void run() {
        try (Socket client = entrance.accept()) {
            entrance.close();
            client.setTcpNoDelay(true);
            daemon("in", () -> {
                carry(server, client);
                closeQuietly(client);
            });
            carry(client, server);
        } catch (IOException e) {
            LOG.debug("nobody came over the bridge: {}", Secrets.messageOf(e));
        } finally {
            close();
        }
    }

    private void carry(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
                out.flush();
            }
        } catch (IOException e) {
            if (!closed) {
                LOG.debug("the way to the server broke: {}", Secrets.messageOf(e));
            }
        }
    }

    /** The raw socket first: the encrypted one would wait to say good-bye to a server that does not read. */
    @Override
    public void close() {
        closed = true;
        closeQuietly(entrance);
        closeQuietly(raw);
        closeQuietly(server);
    }

    static void closeQuietly(Closeable open) {
        try {
            open.close();
        } catch (IOException e) {
            LOG.debug("closing failed: {}", Secrets.messageOf(e));
        }
    }

    private void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, "realtime-ear-" + name);
        thread.setDaemon(true);
        thread.start();
    }
}
