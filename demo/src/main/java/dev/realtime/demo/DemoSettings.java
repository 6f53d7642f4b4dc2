package dev.realtime.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The three ports, all on 127.0.0.1. Immutable.
 *
 * @param page where the page is
 * @param a where gateway A is
 * @param b where gateway B is
 */
record DemoSettings(int page, int a, int b) {
    static final String HOST = "127.0.0.1";
    static final String PAGE_KEY = "DEMO_PORT";
    static final String A_KEY = "DEMO_PORT_A";
    static final String B_KEY = "DEMO_PORT_B";

    private static final int LAST_PORT = 65_535;

    /** Reads and checks the keys; throws {@link DemoException} with the key's name. */
    static DemoSettings from(Map<String, String> environment) {
        DemoSettings settings = new DemoSettings(
                port(environment, PAGE_KEY, 8080), port(environment, A_KEY, 8081), port(environment, B_KEY, 8082));
        if (settings.ports().size() < 3) {
            throw new DemoException(PAGE_KEY + ", " + A_KEY + " and " + B_KEY + " must be three different ports");
        }
        return settings;
    }

    /** The page, for people. */
    String pageAddress() {
        return "http://" + HOST + ":" + page;
    }

    /** What a browser may call the page's origin. */
    List<String> pageOrigins() {
        return List.of(pageAddress(), "http://localhost:" + page);
    }

    /** Throws {@link DemoException} for the first port that somebody else listens on. */
    void requireFree() {
        ports().forEach((port, key) -> {
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
            } catch (IOException e) {
                throw taken(key, port, e);
            }
        });
    }

    static DemoException taken(String key, int port, Exception why) {
        return new DemoException("Port " + port + " cannot be used; set " + key + " to another", why);
    }

    private Map<Integer, String> ports() {
        Map<Integer, String> ports = new LinkedHashMap<>();
        ports.put(page, PAGE_KEY);
        ports.put(a, A_KEY);
        ports.put(b, B_KEY);
        return ports;
    }

    private static int port(Map<String, String> environment, String key, int whenUnset) {
        String value = environment.getOrDefault(key, "");
        if (value.isEmpty()) {
            return whenUnset;
        }
        try {
            int port = Integer.parseInt(value);
            if (port >= 1 && port <= LAST_PORT) {
                return port;
            }
        } catch (NumberFormatException notOne) {
            // said below
        }
        throw new DemoException(key + " is '" + value + "', but a port is a number from 1 to " + LAST_PORT);
    }
}
