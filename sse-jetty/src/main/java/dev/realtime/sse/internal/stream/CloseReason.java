package dev.realtime.sse.internal.stream;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/** Why a stream ends, whether the client shall come back, and when. */
public enum CloseReason {
    /** This instance stops. */
    DRAINING(true, Duration.ofMillis(250), Duration.ofSeconds(4)),
    /** It has lived long enough; another instance may have room. */
    ROTATED(true, Duration.ofMillis(250), Duration.ofSeconds(4)),
    /** The credential has run out: come back with a new one. */
    EXPIRED(true, Duration.ofMillis(250), Duration.ofSeconds(2)),
    /** The credential was taken back. */
    REVOKED(false, Duration.ofSeconds(60), Duration.ofSeconds(120)),
    /** The client does not read fast enough. */
    SLOW(true, Duration.ofSeconds(1), Duration.ofSeconds(5)),
    /** The credential cannot be checked now. */
    UNAVAILABLE(true, Duration.ofSeconds(1), Duration.ofSeconds(6)),
    /** Too many streams. */
    LIMIT(true, Duration.ofSeconds(30), Duration.ofSeconds(90)),
    /** The client has left. Never on the wire. */
    GONE(true, Duration.ZERO, Duration.ofMillis(1));

    private static final int LONGEST_SPREAD = 60_000;

    private final boolean reconnect;
    private final long soonest;
    private final long latest;

    CloseReason(boolean reconnect, Duration soonest, Duration latest) {
        this.reconnect = reconnect;
        this.soonest = soonest.toMillis();
        this.latest = latest.toMillis();
    }

    /** As it stands on the wire and in metrics. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean reconnect() {
        return reconnect;
    }

    /**
     * Spreads the clients: milliseconds until this one may come back.
     *
     * @param together how many are told the same at once: one for each millisecond, for a minute at most
     */
    long jitteredRetry(int together) {
        return ThreadLocalRandom.current().nextLong(soonest, Math.max(latest, Math.min(together, LONGEST_SPREAD)));
    }
}
