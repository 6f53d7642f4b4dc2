package dev.realtime.system.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.event.Position;
import java.util.List;
import java.util.Optional;

/** What a subscriber was told, whichever way it listens: what the {@link Ledger} judges. Immutable. */
public sealed interface Told {
    /** A stream begins at this cursor; null if it has no position yet. */
    record Opened(String cursor) implements Told {}

    /** An event; only a provisional copy may have no cursor. */
    record Event(String organisation, String id, String cursor, boolean provisional) implements Told {}

    /** A gap; {@code requested} is null if the stream had no position before. */
    record Gap(String reason, String requested, String floor, String head) implements Told {
        /** The offset that delivery goes on after. */
        long resumesAfter() {
            return offset(reason.equals("trimmed") ? floor : head);
        }

        /** Everything up to this offset must have been delivered before. */
        long beginsAfter() {
            return Optional.ofNullable(requested)
                    .flatMap(Position::parse)
                    .map(Position::offset)
                    .orElse(Long.MIN_VALUE);
        }
    }

    /** Everything up to here has been told. */
    record Reached(String cursor) implements Told {}

    /** Empty for what has nothing to do with the log. */
    static Optional<Told> by(Frame frame) {
        if (frame.is("realtime.open")) {
            return Optional.of(new Opened(frame.id()));
        }
        if (frame.is("realtime.gap")) {
            JsonNode gap = frame.json();
            return Optional.of(
                    new Gap(text(gap, "reason"), text(gap, "requested"), text(gap, "floor"), text(gap, "head")));
        }
        if (frame.isEnvelope()) {
            JsonNode event = frame.json();
            return Optional.of(new Event(text(event, "org_id"), text(event, "id"), frame.id(), frame.isProvisional()));
        }
        return frame.isHeartbeat() ? Optional.of(new Reached(frame.id())) : Optional.empty();
    }

    static List<Told> by(List<Frame> frames) {
        return frames.stream().map(Told::by).flatMap(Optional::stream).toList();
    }

    /** Empty for what has nothing to do with the log. */
    static Optional<Told> by(Delivery delivery) {
        if (delivery instanceof Delivery.Opened opened) {
            return Optional.of(new Opened(cursor(opened.start())));
        }
        if (delivery instanceof Delivery.Gap gap) {
            return Optional.of(
                    new Gap(gap.reason().wireName(), gap.requested(), cursor(gap.floor()), cursor(gap.head())));
        }
        if (delivery instanceof Delivery.Received event) {
            return Optional.of(new Event(
                    event.envelope().orgId(), event.envelope().id(), cursor(event.position()), event.provisional()));
        }
        return delivery instanceof Delivery.Reached reached
                ? Optional.of(new Reached(cursor(reached.position())))
                : Optional.empty();
    }

    static long offset(String cursor) {
        return Position.parse(cursor)
                .orElseThrow(() -> new AssertionError("not a cursor: " + cursor))
                .offset();
    }

    private static String cursor(Position position) {
        return position == null ? null : position.cursor();
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).textValue();
    }
}
