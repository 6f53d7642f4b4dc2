package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Envelope;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The events that were delivered here before the log had them, so that who saw one does not see it again. Bounded:
 * keeps the newest, more than can wait for the transport. Guarded by its {@link LogFeed}.
 */
final class ProvisionalIds {
    private static final int MOST = 20_000;

    private record Key(String orgId, String id) {}

    private final Map<Key, Long> numbers = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Long> eldest) {
            return size() > MOST;
        }
    };
    private long count;

    void add(Envelope envelope) {
        numbers.put(new Key(envelope.orgId(), envelope.id()), ++count);
    }

    /** How many there have been: subscribers that join now saw none of them. */
    long count() {
        return count;
    }

    boolean isEmpty() {
        return numbers.isEmpty();
    }

    /** Whether a subscriber that joined at this count was there when the event was delivered. */
    boolean seenSince(long joinedAt, Envelope envelope) {
        Long number = numbers.get(new Key(envelope.orgId(), envelope.id()));
        return number != null && number > joinedAt;
    }
}
