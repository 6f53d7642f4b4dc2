package dev.realtime.transport.postgres.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How often one instance of many turns to the server. A few instances never wait. Beyond that every further one makes
 * each of them wait a little between two appends and between two reads, so that more goes together: a notification
 * costs the server as much as there are listeners, and each of them reads after it. At 50 instances that is 4.2 ms and
 * 10.5 ms. Stateless.
 */
final class Pace {
    private static final int A_FEW = 8;
    private static final long APPEND_NANOS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long READ_NANOS = TimeUnit.MICROSECONDS.toNanos(250);

    private Pace() {}

    /** The shortest time from one append to the next. */
    static long betweenAppends(int instances) {
        return Math.max(0, instances - A_FEW) * APPEND_NANOS;
    }

    /** The shortest time from one read to the next. */
    static long betweenReads(int instances) {
        return Math.max(0, instances - A_FEW) * READ_NANOS;
    }

    /** Waits until so long after a time, if that is still to come. */
    static void rest(long since, long nanos) {
        long left = nanos - (System.nanoTime() - since);
        if (left > 0) {
            LockSupport.parkNanos(left);
        }
    }
}
