package dev.realtime.transport.internal.hub;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.spi.LogEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The events that were delivered here before the log had them, so that who saw one does not see it again. Bounded:
 * keeps the newest, more than can wait for the transport. Guarded by its {@link LogFeed}.
 */
final class ProvisionalIds {
    private static final int MOST = 20_000;

    private record Key(String orgId, String id) {}

    /** A copy: its number, and a hash of its body, since another instance may have used the id for another event. */
    private record Copy(long number, int body) {}

    private final Map<Key, Copy> copies = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Copy> eldest) {
            return size() > MOST;
        }
    };
    private long count;

    /** Returns the new copy's number, from 1; or 0 if there is one of this event already. */
    long add(Envelope envelope) {
        Copy copy = new Copy(count + 1, bodyOf(envelope));
        return copies.putIfAbsent(keyOf(envelope), copy) == null ? ++count : 0;
    }

    /** How many there have been: subscribers that open now saw none of them. */
    long count() {
        return count;
    }

    boolean isEmpty() {
        return copies.isEmpty();
    }

    /** Whether there are copies of any of these: asked once for all subscribers. */
    boolean haveAnyOf(List<LogEntry> entries) {
        return !copies.isEmpty() && entries.stream().anyMatch(entry -> copies.containsKey(keyOf(entry.envelope())));
    }

    /** Whether a copy of this event was delivered, with a number between these two. */
    boolean delivered(Envelope envelope, long after, long before) {
        Copy copy = copies.get(keyOf(envelope));
        return copy != null && copy.number > after && copy.number < before && copy.body == bodyOf(envelope);
    }

    private static Key keyOf(Envelope envelope) {
        return new Key(envelope.orgId(), envelope.id());
    }

    private static int bodyOf(Envelope envelope) {
        return Objects.hash(envelope.type(), envelope.topic(), envelope.payload(), envelope.audience());
    }
}
