package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntPredicate;

/**
 * Ports for servers that come back on the port they had. They lie below the range that the system hands
 * to clients: there, a client that retries a stopped server's port can be given that very port, connect
 * to itself, and keep the server from ever starting again.
 */
public final class LoopbackPort {
    private static final int FIRST = 20_000;
    private static final int END = 32_000;
    private static final int ATTEMPTS = 100;
    private static final int TO_CLUSTER_BUS = 10_000;

    private LoopbackPort() {}

    /** A port that nobody listens on now. */
    public static int free() {
        return among(LoopbackPort::isFree);
    }

    /** The same, and nobody listens 10,000 above it, where the nodes of a Redis Cluster talk; both below that range. */
    static int freeForCluster() {
        return among(port -> isFree(port) && isFree(port - TO_CLUSTER_BUS)) - TO_CLUSTER_BUS;
    }

    private static int among(IntPredicate fits) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            if (fits.test(port)) {
                return port;
            }
        }
        throw new IllegalStateException("No free port between " + FIRST + " and " + END);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
