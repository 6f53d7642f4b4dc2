package dev.realtime.transport.postgres.internal.publish;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How often one instance of many turns to the server. A few instances never wait. Beyond that every further one makes
 * all of them a little slower, so that more goes together: a notification costs the server as much as there are
 * listeners, and each of them reads after it. At 50 instances that is one in 42 ms, and a read in 16.8 ms. Stateless.
 */
public final class Pace {
    private static final int A_FEW = 8;
    private static final long ANNOUNCEMENT_NANOS = TimeUnit.MICROSECONDS.toNanos(1_000);
    private static final long READ_NANOS = TimeUnit.MICROSECONDS.toNanos(400);

    private Pace() {}

    /** The shortest time from one notification to the next. */
    static long betweenAnnouncements(int instances) {
        return Math.max(0, instances - A_FEW) * ANNOUNCEMENT_NANOS;
    }

    /** The shortest time from one read to the next. */
    public static long betweenReads(int instances) {
        return Math.max(0, instances - A_FEW) * READ_NANOS;
    }

    /** Waits until so long after a time, if that is still to come. */
    public static void rest(long since, long nanos) {
        long left = nanos - (System.nanoTime() - since);
        if (left > 0) {
            LockSupport.parkNanos(left);
        }
    }
}
