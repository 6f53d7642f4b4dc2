package dev.realtime.transport.internal.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.event.Envelope;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a resource ping is about: equal for two pings of which the later one says all that the earlier one said, namely
 * "fetch this again". Immutable.
 *
 * @param topic {@code resource:…}
 * @param event the event's name
 * @param action what became of the row
 * @param id the row, as JSON
 * @param audience who may hear it; null for everybody
 */
record Ping(
        String topic,
        String event,
        String action,
        String id,
        @Nullable List<String> audience) {
    private static final String TOPICS = "resource:";
    /** A larger payload is somebody's own, and not worth the look. */
    private static final int MAX_BYTES = 4_096;

    private static final Object NO_PING = new Object();
    private static final Function<Received, Object> RECOGNISED = Ping::recognised;
    private static final JsonFactory JSON = new JsonFactory();

    /** Null for what is no ping, or was delivered before the log has it. Looked at once for all subscribers. */
    static @Nullable Ping of(Received received) {
        return received.workedOut(RECOGNISED) instanceof Ping ping ? ping : null;
    }

    private static Object recognised(Received received) {
        Envelope envelope = received.envelope();
        boolean mayBe = !received.provisional()
                && envelope.topic().startsWith(TOPICS)
                && envelope.payload().size() <= MAX_BYTES;
        Ping ping = mayBe ? of(envelope) : null;
        return ping == null ? NO_PING : ping;
    }

    /** Of an object that has an {@code id} and an {@code action}, and nothing else. */
    private static @Nullable Ping of(Envelope envelope) {
        try (JsonParser parser = JSON.createParser(envelope.payload().bytes())) {
            String id = null;
            String action = null;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                if (field.equals("id") && id == null) {
                    StringWriter text = new StringWriter();
                    try (var copy = JSON.createGenerator(text)) {
                        copy.copyCurrentStructure(parser);
                    }
                    id = text.toString();
                } else if (field.equals("action")
                        && action == null
                        && parser.currentToken() == JsonToken.VALUE_STRING) {
                    action = parser.getText();
                } else {
                    return null;
                }
            }
            return action == null || id == null
                    ? null
                    : new Ping(envelope.topic(), envelope.type(), action, id, envelope.audience());
        } catch (IOException notAnObject) {
            return null;
        }
    }

    /** The same without those pings that a later one of these says again. In order. */
    static List<Delivery> conflated(List<? extends Delivery> deliveries) {
        List<Delivery> kept = new ArrayList<>(deliveries.size());
        Set<Ping> later = new HashSet<>();
        for (int i = deliveries.size() - 1; i >= 0; i--) {
            Delivery delivery = deliveries.get(i);
            Ping ping = delivery instanceof Received received ? of(received) : null;
            if (ping == null || later.add(ping)) {
                kept.add(delivery);
            }
        }
        Collections.reverse(kept);
        return kept;
    }
}
