package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;

/** Positions and events by number. */
final class Samples {
    /** What each of the events weighs. */
    static final int WEIGHT = event(1).weight();

    private Samples() {}

    static Position at(long offset) {
        return new Position("e1", offset, offset == 0 ? Position.NO_EVENT : "abc");
    }

    static Received event(long offset) {
        return new Received(envelope("n" + offset), at(offset), 0);
    }

    static Received copy(String id) {
        return new Received(envelope(id), null, 0);
    }

    static List<Received> events(long... offsets) {
        return LongStream.of(offsets).mapToObj(Samples::event).toList();
    }

    static List<Long> offsets(List<Received> events) {
        return events.stream().map(event -> event.position().offset()).toList();
    }

    private static Envelope envelope(String id) {
        return new Envelope(id, "acme", "changed", "events", Instant.EPOCH, JsonPayload.EMPTY, null);
    }
}
