package dev.realtime.transport.redis.internal.tail;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The tail's inbox, merged: which organisations' streams other threads want {@link Tail} to follow, and which of them to
 * read now.
 * Thread-safe; bounded by the number of organisations followed.
 */
public final class Interest {
    /** Stands for an organisation that nobody follows. */
    static final long NOBODY = 0;

    // All guarded by this.
    private final Map<String, Long> followed = new HashMap<>();
    private final Set<String> changed = new LinkedHashSet<>();
    private final Set<String> woken = new LinkedHashSet<>();
    private long generations = NOBODY;
    private boolean nudged;
    private boolean closed;

    /**
     * What has come up.
     *
     * @param changed organisations newly followed, with a number that tells this following from earlier ones, or no
     *     longer followed ({@link #NOBODY})
     * @param woken organisations to look at
     * @param closed there will be no more
     */
    record Work(Map<String, Long> changed, Set<String> woken, boolean closed) {}

    public synchronized void follow(String orgId) {
        if (!followed.containsKey(orgId)) {
            generations++;
            followed.put(orgId, generations);
            changed.add(orgId);
            notifyAll();
        }
    }

    public synchronized void unfollow(String orgId) {
        if (followed.remove(orgId) != null) {
            woken.remove(orgId);
            changed.add(orgId);
            notifyAll();
        }
    }

    /** Whether this following is still wanted. */
    synchronized boolean isCurrent(String orgId, long generation) {
        return !closed && followed.getOrDefault(orgId, NOBODY) == generation;
    }

    /** The organisation's log may have something new. */
    synchronized void wake(String orgId) {
        if (followed.containsKey(orgId) && woken.add(orgId)) {
            notifyAll();
        }
    }

    /** A connection may be lost. */
    public synchronized void nudge() {
        nudged = true;
        notifyAll();
    }

    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Takes what has come up, and waits for it if need be. */
    synchronized Work take(Duration atMost) {
        long until = System.nanoTime() + atMost.toNanos();
        while (!closed && !nudged && changed.isEmpty() && woken.isEmpty() && pause(until)) {
            // until something comes up
        }
        nudged = false;
        Map<String, Long> changes = new LinkedHashMap<>();
        changed.forEach(orgId -> changes.put(orgId, followed.getOrDefault(orgId, NOBODY)));
        changed.clear();
        Set<String> looks = new LinkedHashSet<>(woken);
        woken.clear();
        return new Work(changes, looks, closed);
    }

    /** Waits, unless closed. */
    synchronized void rest(Duration atMost) {
        long until = System.nanoTime() + atMost.toNanos();
        while (!closed && pause(until)) {
            // until then
        }
    }

    /** False when the time is over. */
    private synchronized boolean pause(long until) {
        long left = until - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        try {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            return true;
        } catch (InterruptedException e) {
            closed = true;
            return false;
        }
    }
}
