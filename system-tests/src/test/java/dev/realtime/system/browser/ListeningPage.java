package dev.realtime.system.browser;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** A page of another origin whose EventSource listens to a gateway, open in a browser. Not thread-safe. */
final class ListeningPage implements AutoCloseable {
    private final HttpServer server;
    private final Browser browser;

    ListeningPage(Browser browser) throws IOException {
        this.browser = browser;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] page = page();
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        server.start();
    }

    /** For REALTIME_ALLOWED_ORIGINS. */
    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Opens the page, and returns when its stream is live. */
    void listen(URI gateway) {
        listen(gateway, "");
    }

    /** The same with a query; one with a ticket takes cookies. */
    void listen(URI gateway, String query) {
        browser.show(origin() + "/#" + gateway + "/realtime/stream" + query);
        awaitLive(1);
    }

    /** Returns when its stream has been live so many times. */
    void awaitLive(int times) {
        Patience.until("the browser's stream is live again", () -> count("realtime.live") >= times);
    }

    /** Returns when it has so many events. */
    void awaitEvents(int number) {
        Patience.until(number + " events in the browser", () -> count("message") >= number);
    }

    long count(String event) {
        return (Long) browser.script("return heard.count('" + event + "')");
    }

    /** All that its EventSource was given, in order; its id is that of the EventSource. */
    List<Frame> frames() {
        List<Frame> frames = new ArrayList<>();
        for (JsonNode each : GatewayClient.parsed((String) browser.script("return JSON.stringify(heard.frames)"))) {
            String event = each.path("event").asText();
            frames.add(new Frame(
                    each.path("connection").asInt(),
                    event.equals("message") ? null : event,
                    each.path("id").asText(),
                    each.path("data").asText(),
                    null));
        }
        return frames;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static byte[] page() throws IOException {
        try (InputStream in = ListeningPage.class.getResourceAsStream("listening-page.html")) {
            if (in == null) {
                throw new IllegalStateException("the page is missing");
            }
            return in.readAllBytes();
        }
    }
}
