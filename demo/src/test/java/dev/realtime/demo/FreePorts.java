package dev.realtime.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports that a second start finds free as well: below the range that the system hands to clients. */
final class FreePorts {
    private FreePorts() {}

    static DemoSettings three() {
        while (true) {
            int first = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            if (isFree(first) && isFree(first + 1) && isFree(first + 2)) {
                return new DemoSettings(first, first + 1, first + 2);
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
