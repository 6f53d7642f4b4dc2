package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP proxy on a loopback port, to break the way to a server without touching the server. All its threads are
 * daemons, named {@code tcp-proxy-<port>-…}. Thread-safe.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int BACKLOG = 200;

    private final ServerSocket listener;
    private final Valve toServer = new Valve();
    private final Valve toClient = new Valve();
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private volatile InetSocketAddress target;
    private volatile boolean closed;
    private volatile int accepted;

    private TcpProxy(ServerSocket listener, InetSocketAddress target) {
        this.listener = listener;
        this.target = target;
    }

    /** A proxy to this server, accepting connections. */
    public static TcpProxy to(String host, int port) {
        try {
            ServerSocket listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
            TcpProxy proxy = new TcpProxy(listener, new InetSocketAddress(host, port));
            ProxiedConnection.daemon(proxy.name() + "-accept", proxy::accept).start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port on 127.0.0.1 that clients connect to. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many clients' connections are open. */
    public int connections() {
        return connections.size();
    }

    /** How many connections clients have made so far. */
    public int accepted() {
        return accepted;
    }

    /**
     * From now on nothing is forwarded, in either direction: no byte, no close, no new connection to the server. All
     * sockets stay open, and clients may connect, but hear nothing.
     */
    public void blackHole() {
        blackHoleToServer();
        blackHoleToClient();
    }

    /** The same in one direction only: what clients say does not arrive. */
    public void blackHoleToServer() {
        toServer.set(false);
    }

    /** The same in one direction only: what the server says does not arrive. */
    public void blackHoleToClient() {
        toClient.set(false);
    }

    /** From now on clients' bytes pass at this pace at most, of each connection. */
    public void slowToServer(long bytesPerSecond) {
        toServer.narrow(bytesPerSecond);
    }

    /** The same for what the server says. */
    public void slowToClient(long bytesPerSecond) {
        toClient.narrow(bytesPerSecond);
    }

    /** Forwards again, beginning with what has been held back: nothing is lost, as with TCP's own repetitions. */
    public void heal() {
        toServer.set(true);
        toClient.set(true);
    }

    /** Ends all open connections by RST, on both sides. New ones are welcome. */
    public void resetAll() {
        connections.forEach(ProxiedConnection::reset);
    }

    /** New connections go to this server; open ones stay where they are. */
    public void retarget(String host, int port) {
        target = new InetSocketAddress(host, port);
    }

    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            connections.forEach(ProxiedConnection::close);
            heal();
        }
    }

    @Override
    public String toString() {
        return name() + " to " + target;
    }

    private void accept() {
        for (int number = 1; !closed; number++) {
            try {
                Socket client = listener.accept();
                accepted = number;
                open(client, number);
            } catch (IOException e) {
                if (!closed) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void open(Socket client, int number) {
        ProxiedConnection connection = new ProxiedConnection(client, toServer, toClient, connections::remove);
        connections.add(connection);
        connection.start(target, name() + "-" + number);
        if (closed) {
            connection.close();
        }
    }

    private String name() {
        return "tcp-proxy-" + port();
    }
}
