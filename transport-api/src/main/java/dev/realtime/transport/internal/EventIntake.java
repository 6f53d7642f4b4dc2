package dev.realtime.transport.internal;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.Published;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.event.Position;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Turns what publishers say into envelopes, or refuses it. Thread-safe. */
final class EventIntake {
    static final int MAX_EVENTS = 1_000;
    /** All payloads of one publication together may be so large, or four times the largest payload if that is more. */
    static final long MIN_TOTAL_BYTES = 16L << 20;

    private final Clock clock;
    private final int maxPayloadBytes;

    /** Names an event across organisations. */
    record Key(String orgId, String id) {}

    /**
     * Checked events.
     *
     * @param envelopes no two of the same (organisation, id)
     * @param answers for each event, in order, its envelope's index
     */
    record Accepted(List<Envelope> envelopes, List<Integer> answers) {
        /** Whose share of what is scarce it takes from. */
        String owner() {
            return envelopes.get(0).orgId();
        }

        /** About what it takes in memory, in bytes. */
        long weight() {
            return envelopes.stream().mapToLong(Envelope::weight).sum();
        }

        Stream<Key> keys() {
            return envelopes.stream().map(envelope -> new Key(envelope.orgId(), envelope.id()));
        }

        /** The answer for each event, given the envelopes' positions. */
        List<Published> published(List<Position> positions) {
            return answers.stream()
                    .map(index -> new Published(envelopes.get(index).id(), positions.get(index)))
                    .toList();
        }

        List<String> ids() {
            return answers.stream().map(index -> envelopes.get(index).id()).toList();
        }
    }

    EventIntake(Clock clock, int maxPayloadBytes) {
        this.clock = clock;
        this.maxPayloadBytes = maxPayloadBytes;
    }

    /** What publishers say: not to the instances. */
    Accepted accept(List<Event> events) {
        events.forEach(event -> FieldRules.organisationOfOthers(event.orgId()));
        return acceptFromInstance(events);
    }

    Accepted acceptFromInstance(List<Event> events) {
        if (events.isEmpty() || events.size() > MAX_EVENTS) {
            throw new InvalidInputException(
                    "invalid_batch",
                    "events",
                    "events: " + events.size() + " given; 1 to " + MAX_EVENTS + " are allowed");
        }
        requireRoom(events);
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<Envelope> envelopes = new ArrayList<>(events.size());
        List<Integer> answers = new ArrayList<>(events.size());
        Map<Key, Integer> given = new LinkedHashMap<>();
        for (Event event : events) {
            Envelope envelope = envelope(event, now);
            Integer twin = event.id() == null
                    ? null
                    : given.putIfAbsent(new Key(envelope.orgId(), envelope.id()), envelopes.size());
            if (twin == null) {
                answers.add(envelopes.size());
                envelopes.add(envelope);
            } else if (envelopes.get(twin).sameBodyAs(envelope)) {
                answers.add(twin);
            } else {
                throw new EventConflictException(envelope.id());
            }
        }
        return new Accepted(envelopes, answers);
    }

    /** All of a publication goes to the backend in one piece: it must be one that a backend can take. */
    private void requireRoom(List<Event> events) {
        long bytes = events.stream().mapToLong(event -> event.payload().size()).sum();
        long most = Math.max(MIN_TOTAL_BYTES, 4L * maxPayloadBytes);
        if (bytes > most) {
            throw new InvalidInputException(
                    "batch_too_large",
                    "events",
                    "events: " + bytes + " bytes of payload together; at most " + most + " are allowed");
        }
    }

    private Envelope envelope(Event event, Instant now) {
        int size = event.payload().size();
        if (size > maxPayloadBytes) {
            throw new InvalidInputException(
                    "payload_too_large",
                    "payload",
                    "payload: " + size + " bytes; at most " + maxPayloadBytes + " are allowed");
        }
        String id = event.id() == null ? UuidCreator.getTimeOrderedEpochPlus1().toString() : event.id();
        return new Envelope(id, event.orgId(), event.type(), event.topic(), now, event.payload(), event.audience());
    }
}
