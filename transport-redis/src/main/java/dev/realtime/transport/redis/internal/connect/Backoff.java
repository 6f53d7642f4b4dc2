package dev.realtime.transport.redis.internal.connect;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits between attempts: exponential, full jitter, capped. Not thread-safe. */
public final class Backoff {
    private int attempts;

    /** How long to wait before the next attempt. */
    public Duration next() {
        long most = Timing.BACKOFF_BASE.toMillis() << Math.min(attempts, 20);
        attempts++;
        return Duration.ofMillis(
                ThreadLocalRandom.current().nextLong(Math.min(most, Timing.BACKOFF_CAP.toMillis()) + 1));
    }

    /** It worked. */
    public void reset() {
        attempts = 0;
    }
}
