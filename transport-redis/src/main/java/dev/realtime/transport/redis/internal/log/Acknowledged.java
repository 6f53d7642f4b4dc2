package dev.realtime.transport.redis.internal.log;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Session;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The last positions that this instance has acknowledged, to be looked for in each session after theirs: for every
 * organisation, as long as its log holds them. Of very many organisations those of the longest silence are forgotten.
 * Thread-safe.
 */
public final class Acknowledged {
    private static final int MOST = 100_000;

    private record Key(String orgId, String epoch) {}

    private final long windowNanos;

    // Guarded by this. The one that was acknowledged the longest ago comes first.
    private final Map<Key, Seen> last = new LinkedHashMap<>();

    public Acknowledged(Duration window) {
        this.windowNanos = window.toNanos();
    }

    /** These were acknowledged just now. */
    public synchronized void add(String orgId, List<Position> positions, Session on) {
        for (Position position : positions) {
            Key key = new Key(orgId, position.epoch());
            Seen before = last.remove(key);
            Position furthest =
                    before != null && before.position().offset() > position.offset() ? before.position() : position;
            last.put(key, new Seen(orgId, furthest, System.nanoTime(), on));
        }
        while (last.size() > MOST) {
            last.remove(last.keySet().iterator().next());
        }
    }

    /** Those that were neither acknowledged nor found in this session. */
    public synchronized List<Seen> strangersTo(Session session) {
        long now = System.nanoTime();
        last.values().removeIf(seen -> now - seen.nanos() > windowNanos);
        return last.values().stream().filter(seen -> seen.on() != session).toList();
    }

    /** It was looked for; the log's epoch is this one. What is of an earlier one has been told, or is found now. */
    public synchronized void looked(Seen seen, Session in, String epoch) {
        Key key = new Key(seen.orgId(), seen.position().epoch());
        if (!seen.position().epoch().equals(epoch)) {
            last.remove(key, seen);
        } else {
            last.replace(key, seen, new Seen(seen.orgId(), seen.position(), seen.nanos(), in));
        }
    }
}
