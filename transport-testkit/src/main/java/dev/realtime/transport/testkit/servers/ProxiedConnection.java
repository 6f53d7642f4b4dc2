package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One client's connection through a {@link TcpProxy}: two sockets, and a thread for each direction. */
final class ProxiedConnection {
    private final Socket client;
    private final Socket server = new Socket();
    private final Valve toServer;
    private final Valve toClient;
    private final Consumer<ProxiedConnection> whenClosed;
    private final AtomicInteger openDirections = new AtomicInteger(2);

    ProxiedConnection(Socket client, Valve toServer, Valve toClient, Consumer<ProxiedConnection> whenClosed) {
        this.client = client;
        this.toServer = toServer;
        this.toClient = toClient;
        this.whenClosed = whenClosed;
    }

    void start(InetSocketAddress target, String name) {
        daemon(name + "-to-server", () -> connect(target, name)).start();
    }

    /** Closes both sockets in good order. */
    void close() {
        end(client);
        end(server);
        whenClosed.accept(this);
    }

    /** Closes both sockets by RST. */
    void reset() {
        abortOnClose(client);
        abortOnClose(server);
        close();
    }

    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void connect(InetSocketAddress target, String name) {
        try {
            toServer.pass();
            server.connect(target);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        } catch (IOException e) {
            reset();
            return;
        }
        daemon(name + "-to-client", () -> carry(server, client, toClient)).start();
        carry(client, server, toServer);
    }

    private void carry(Socket from, Socket to, Valve valve) {
        try {
            copy(from.getInputStream(), to.getOutputStream(), valve);
            to.shutdownOutput();
        } catch (IOException e) {
            reset();
        }
        if (openDirections.decrementAndGet() == 0) {
            close();
        }
    }

    private static void copy(InputStream in, OutputStream out, Valve valve) throws IOException {
        byte[] buffer = new byte[64 << 10];
        for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
            valve.pass(length);
            out.write(buffer, 0, length);
        }
        valve.pass();
    }

    private static void abortOnClose(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException closed) {
            // nothing left to abort
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException gone) {
            // as wished
        }
    }
}
