package dev.realtime.transport.testkit.checks;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until a test moves it. In UTC. Thread-safe. */
public final class ManualClock extends Clock {
    private volatile Instant now;

    /** Stands at this instant. */
    public ManualClock(Instant now) {
        this.now = now;
    }

    /** Moves it; back if negative. */
    public synchronized void advance(Duration by) {
        now = now.plus(by);
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    /** Itself: instants have no zone. */
    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
