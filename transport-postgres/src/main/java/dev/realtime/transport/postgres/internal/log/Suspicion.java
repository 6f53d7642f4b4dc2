package dev.realtime.transport.postgres.internal.log;

import java.time.Duration;

/**
 * Detects a deaf LISTEN connection: the log grows and no notification says so, so LISTEN may have died in a way that
 * no pulse shows. Each commit to the log notifies, so growth that was polled for is followed by a notification at
 * once, or it never was sent here. {@link #notified} on any thread; all else on the tail's.
 */
public final class Suspicion {
    /** How far a notification may be from the growth it announces: found by the next poll, or late. */
    private final long tolerance;

    private Runnable suspected = () -> {};
    private volatile long lastNotified = Long.MIN_VALUE;

    // the tail's thread
    private boolean grown;
    private long grownAt;

    /** @param poll how often the log is read without a notification */
    public Suspicion(Duration poll) {
        tolerance = poll.plusMillis(500).toNanos();
    }

    /** Whom to tell. Once, before anything else. */
    public void tells(Runnable whom) {
        suspected = whom;
    }

    public void notified(long now) {
        lastNotified = now;
    }

    /** The log has grown. */
    void grew(long now) {
        if (!grown && !isAnnounced(now)) {
            grown = true;
            grownAt = now;
        }
    }

    /** Tells, once for each time that the log has grown for too long unannounced. */
    void look(boolean live, long now) {
        if (!live || (grown && isAnnounced(grownAt))) {
            grown = false;
        } else if (grown && now - grownAt > tolerance) {
            grown = false;
            suspected.run();
        }
    }

    private boolean isAnnounced(long growth) {
        long last = lastNotified;
        return last != Long.MIN_VALUE && last - growth >= -tolerance;
    }
}
