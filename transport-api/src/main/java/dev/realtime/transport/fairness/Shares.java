package dev.realtime.transport.fairness;

import java.util.HashMap;
import java.util.Map;

/**
 * A bounded amount of something that many holders share. Who holds nothing may take what there is room for; beyond that
 * each may hold at most as much as is then still free: one alone comes to a half, two to a third each, and something is
 * left for others. No share is set apart, so none lies idle (the dynamic threshold of Choudhury and Hahne, IEEE/ACM Transactions on Networking 6, 1998).
 * Thread-safe; never blocks.
 */
public final class Shares {
    private final long limit;

    // guarded by this
    private final Map<String, Long> held = new HashMap<>();
    private long taken;

    /** @param limit of all holders together */
    public Shares(long limit) {
        this.limit = limit;
    }

    /** Of all holders together. */
    public long limit() {
        return limit;
    }

    /** Whether this holder may take so much. */
    public synchronized boolean fits(String holder, long amount) {
        long free = limit - taken - amount;
        long has = held(holder);
        return free >= 0 && (has == 0 || has + amount <= free);
    }

    /** Whether this holder has any of it. */
    public synchronized boolean holds(String holder) {
        return held.containsKey(holder);
    }

    /** Takes so much, if it {@link #fits}. */
    public synchronized boolean take(String holder, long amount) {
        boolean fits = fits(holder, amount);
        if (fits) {
            add(holder, amount);
        }
        return fits;
    }

    /** Takes so much, if there is room for it, beyond the holder's share: for what must not be refused for ever. */
    public synchronized boolean takeBeyond(String holder, long amount) {
        boolean fits = taken + amount <= limit;
        if (fits) {
            add(holder, amount);
        }
        return fits;
    }

    /** Takes so much, whether it fits or not. */
    public synchronized void add(String holder, long amount) {
        held.merge(holder, amount, Long::sum);
        taken += amount;
    }

    /** Of what was taken. */
    public synchronized void giveBack(String holder, long amount) {
        taken -= amount;
        held.computeIfPresent(holder, (same, now) -> now > amount ? Long.valueOf(now - amount) : null);
    }

    /** By all holders. */
    public synchronized long taken() {
        return taken;
    }

    private long held(String holder) {
        return held.getOrDefault(holder, 0L);
    }
}
