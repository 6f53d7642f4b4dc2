package dev.realtime.sse.internal.http;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The time of day for who asks with every write: read from the system once a second, and counted on from there, since an
 * {@link Instant} for each was a sixth of all garbage. Thread-safe.
 */
public final class WallClock {
    private static final long READ_AGAIN_NANOS = 1_000_000_000;

    private volatile Reading reading = read();

    /** What the system said, and when by {@link System#nanoTime}. */
    private record Reading(long micros, long nanos) {}

    /** Microseconds since 1970. Follows the system's clock, also where it is set back, by a second. */
    public long micros() {
        long now = System.nanoTime();
        Reading last = reading;
        if (now - last.nanos() > READ_AGAIN_NANOS) {
            last = read();
            reading = last;
        }
        return last.micros() + Math.max(0, now - last.nanos()) / 1_000;
    }

    private static Reading read() {
        return new Reading(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()), System.nanoTime());
    }
}
