package dev.realtime.transport.memory;

import dev.realtime.transport.TransportUnavailableException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.LongSupplier;

/** The keys that somebody has claimed, each until its time has passed. Thread-safe; nothing blocks. */
final class ClaimedKeys {
    /** Most keys at once: about 20 MiB. */
    static final int MOST = 100_000;

    private final LongSupplier nanoTime;

    // Guarded by this.
    private final Set<String> keys = new HashSet<>();
    private final PriorityQueue<Claim> byEnd;

    private record Claim(String key, long endNanos) {}

    /** @param nanoTime goes on evenly, as {@link System#nanoTime} does */
    ClaimedKeys(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        long origin = nanoTime.getAsLong();
        this.byEnd = new PriorityQueue<>(Comparator.comparingLong(claim -> claim.endNanos() - origin));
    }

    /** Whether the caller gets it. Throws when there is no room for another key. */
    synchronized boolean claim(String key, Duration ttl) {
        long now = nanoTime.getAsLong();
        for (Claim first = byEnd.peek(); first != null && first.endNanos() - now <= 0; first = byEnd.peek()) {
            byEnd.remove();
            keys.remove(first.key());
        }
        if (keys.contains(key)) {
            return false;
        }
        if (keys.size() == MOST) {
            throw new TransportUnavailableException("memory: " + MOST + " keys are claimed, which is the limit", null);
        }
        keys.add(key);
        byEnd.add(new Claim(key, now + ttl.toNanos()));
        return true;
    }
}
