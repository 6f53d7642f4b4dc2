package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.event.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The last positions that this instance has acknowledged, to be looked for in the log wherever it connects next: one
 * for each epoch that it has published in and not looked at since. Thread-safe.
 */
public final class Acknowledged {
    // guarded by this
    private final Map<String, Seen> furthest = new HashMap<>();

    /** These were acknowledged just now. */
    public synchronized void add(List<Position> positions, long now) {
        for (Position position : positions) {
            Seen before = furthest.get(position.epoch());
            if (before == null || before.position().offset() <= position.offset()) {
                furthest.put(position.epoch(), new Seen(position, now));
            }
        }
    }

    /** Whether there is something of another epoch than this one to look for. */
    synchronized boolean isElsewhere(String epoch) {
        return furthest.size() > (furthest.containsKey(epoch) ? 1 : 0);
    }

    synchronized List<Seen> all() {
        return List.copyOf(furthest.values());
    }

    /** It has been looked for, and its epoch is over. */
    synchronized void forget(Seen seen) {
        furthest.remove(seen.position().epoch(), seen);
    }
}
