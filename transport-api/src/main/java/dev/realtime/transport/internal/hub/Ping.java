package dev.realtime.transport.internal.hub;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.Envelope;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a resource ping is about: equal for two pings of which the later one says all that the earlier one said, namely
 * "fetch this again". Immutable.
 *
 * @param topic {@code resource:…}
 * @param id the row, as JSON
 * @param audience who may hear it; null for everybody
 */
record Ping(String topic, String id, @Nullable List<String> audience) {
    private static final String TOPICS = "resource:";
    /** A larger payload is somebody's own, and not worth the look. */
    private static final int MAX_BYTES = 4_096;

    private static final JsonFactory JSON = new JsonFactory();

    /** Null for what is no ping, or was delivered before the log has it. */
    static @Nullable Ping of(Received received) {
        Envelope envelope = received.envelope();
        if (received.provisional()
                || !envelope.topic().startsWith(TOPICS)
                || envelope.payload().size() > MAX_BYTES) {
            return null;
        }
        String id = rowOf(envelope.payload().bytes());
        return id == null ? null : new Ping(envelope.topic(), id, envelope.userIds());
    }

    /** The {@code id} of an object that has it and an {@code action}, and nothing else. */
    private static @Nullable String rowOf(byte[] payload) {
        try (JsonParser parser = JSON.createParser(payload)) {
            String id = null;
            boolean acts = false;
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
                } else if (field.equals("action") && !acts) {
                    acts = parser.currentToken() == JsonToken.VALUE_STRING;
                } else {
                    return null;
                }
            }
            return acts ? id : null;
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
