package dev.realtime.sse.gateway.equipment;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Speaks to a gateway by one protocol. For one test at a time. */
public interface WireClient extends AutoCloseable {
    /**
     * An answer whose body may still be coming.
     *
     * @param protocol as the client's library names it
     * @param headers by lower-case name, the first value of each
     */
    record Answer(String protocol, int status, Map<String, String> headers, InputStream body) implements AutoCloseable {
        /** All of it. */
        public String text() {
            try (body) {
                return new String(body.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        public FrameReader frames() {
            return new FrameReader(body);
        }

        /** Leaves without having read all of it. */
        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    /** Sends a request; returns when its status and headers are there. Headers as name, value, name, value… */
    Answer ask(String method, String path, String body, String... headers);

    default Answer get(String path, String... headers) {
        return ask("GET", path, null, headers);
    }

    default Answer post(String body, String... headers) {
        List<String> all = new ArrayList<>(List.of("Content-Type", "application/json"));
        all.addAll(List.of(headers));
        return ask("POST", "/realtime/events", body, all.toArray(String[]::new));
    }

    /** Publishes an event of this type, and returns its cursor. */
    default String publish(String type, String... headers) {
        Answer answer = post("{\"event\":\"" + type + "\"}", headers);
        String text = answer.text();
        if (answer.status() != 201) {
            throw new AssertionError(answer.status() + " " + text);
        }
        return text.replaceAll(".*\"cursor\":\"([^\"]+)\".*", "$1");
    }

    @Override
    void close();
}
