package dev.realtime.transport.testkit;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/** Envelopes for tests. Stateless. */
public final class Envelopes {
    private Envelopes() {}

    /** One with a new id and a small payload. */
    public static Envelope of(String orgId) {
        return withId(orgId, UUID.randomUUID().toString());
    }

    /** One with this id. Two with the same id have the same body. */
    public static Envelope withId(String orgId, String id) {
        return new Envelope(
                id,
                orgId,
                "orders.updated",
                "resource:orders",
                Instant.now().truncatedTo(ChronoUnit.MICROS),
                JsonPayload.of("{\"action\":\"update\",\"id\":\"42\"}"),
                null);
    }

    /** So many, each with a new id. */
    public static List<Envelope> several(String orgId, int count) {
        return IntStream.range(0, count).mapToObj(i -> of(orgId)).toList();
    }

    /** The same with this payload. */
    public static Envelope withPayload(Envelope envelope, JsonPayload payload) {
        return new Envelope(
                envelope.id(),
                envelope.orgId(),
                envelope.type(),
                envelope.topic(),
                envelope.timestamp(),
                payload,
                envelope.audience());
    }

    /** The same with this event type and topic. */
    public static Envelope withNames(Envelope envelope, String event, String topic) {
        return new Envelope(
                envelope.id(),
                envelope.orgId(),
                event,
                topic,
                envelope.timestamp(),
                envelope.payload(),
                envelope.audience());
    }

    /** The same, published at another time. */
    public static Envelope withTimestamp(Envelope envelope, Instant timestamp) {
        return new Envelope(
                envelope.id(),
                envelope.orgId(),
                envelope.type(),
                envelope.topic(),
                timestamp,
                envelope.payload(),
                envelope.audience());
    }

    /** The same for these users only. */
    public static Envelope withAudience(Envelope envelope, List<String> userIds) {
        return new Envelope(
                envelope.id(),
                envelope.orgId(),
                envelope.type(),
                envelope.topic(),
                envelope.timestamp(),
                envelope.payload(),
                userIds);
    }

    /** A JSON string of exactly so many bytes, as many four-byte characters in it as fit. */
    public static JsonPayload payloadOf(int bytes) {
        int clefs = (bytes - 2) / 4;
        return JsonPayload.of("\"" + "𝄞".repeat(clefs) + "x".repeat((bytes - 2) % 4) + "\"");
    }

    static List<String> ids(List<Envelope> envelopes) {
        return envelopes.stream().map(Envelope::id).toList();
    }
}
