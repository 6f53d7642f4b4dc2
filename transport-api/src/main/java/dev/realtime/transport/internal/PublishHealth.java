package dev.realtime.transport.internal;

import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.runtime.Troubles;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How publishing is, apart from hearing: a backend may answer every read and take no write. It is told by the answers
 * to attempts. Shown in the status while events flow otherwise, and on the board of troubles, which says it in the log.
 * Thread-safe.
 */
final class PublishHealth {
    /** Attempts that had no answer for so long are no blip. */
    static final Duration BLIP = Duration.ofSeconds(5);
    /** Publications that wait are tried again more often than this: after so long nobody tries, so nobody knows. */
    static final Duration UNTRIED = Duration.ofMinutes(1);

    private static final int MOST = 1_000;
    private static final String PART = "publishing";

    /**
     * What is wrong with one log.
     *
     * @param lastNanos when it was last seen
     * @param shown whether it is told: not before it is known to be no blip
     */
    private record Trouble(String cause, Instant since, long sinceNanos, long lastNanos, boolean shown) {}

    private final Troubles board;
    private final Clock clock;
    private final LongSupplier nanos;

    // guarded by this
    private final Map<LogId, Trouble> troubles = new LinkedHashMap<>();

    /** Looked at on each success, so without a lock. */
    private volatile boolean none = true;

    PublishHealth(Clock clock, LongSupplier nanos, Troubles board) {
        this.board = board;
        this.clock = clock;
        this.nanos = nanos;
    }

    /** A log has taken a publication. */
    void written(LogId log) {
        if (none) {
            return;
        }
        synchronized (this) {
            if (troubles.remove(log) != null) {
                tell();
            }
        }
    }

    /** An attempt failed. */
    synchronized void failed(LogId log, Throwable failure) {
        if (failure instanceof WritesRefusedException
                || (failure instanceof PublicationRefusedException refused && refused.concernsLog())) {
            note(log, failure, true);
        } else if (failure instanceof TransportUnavailableException) {
            note(log, failure, false);
        }
        tell();
    }

    /** The adapter's status, and what is wrong with publishing while it says that events flow. */
    TransportStatus shownIn(TransportStatus adapter) {
        if (none || !adapter.state().flows()) {
            return adapter;
        }
        Trouble shown;
        String cause;
        synchronized (this) {
            tell();
            shown = first();
            cause = cause();
        }
        if (shown == null) {
            return adapter;
        }
        boolean also = adapter.state() == TransportStatus.State.DEGRADED;
        return new TransportStatus(
                TransportStatus.State.DEGRADED,
                also ? adapter.cause() + "; publishing: " + cause : "publishing: " + cause,
                also ? adapter.since() : shown.since());
    }

    private void note(LogId log, Throwable failure, boolean certain) {
        long now = nanos.getAsLong();
        String cause = Secrets.messageOf(failure);
        Trouble before = troubles.get(log);
        if (before == null) {
            if (troubles.size() < MOST) {
                troubles.put(log, new Trouble(cause, clock.instant(), now, now, certain));
                none = false;
            }
            return;
        }
        boolean shown = before.shown() || certain || now - before.sinceNanos() >= BLIP.toNanos();
        troubles.put(log, new Trouble(cause, before.since(), before.sinceNanos(), now, shown));
    }

    /** Tells the board. */
    private void tell() {
        long now = nanos.getAsLong();
        troubles.values().removeIf(each -> now - each.lastNanos() >= UNTRIED.toNanos());
        none = troubles.isEmpty();
        String cause = cause();
        if (cause == null) {
            board.clear(PART);
        } else {
            board.raise(PART, cause);
        }
    }

    private @Nullable Trouble first() {
        return troubles.values().stream().filter(Trouble::shown).findFirst().orElse(null);
    }

    private @Nullable String cause() {
        Trouble first = first();
        long more = troubles.values().stream().filter(Trouble::shown).count() - 1;
        return first == null ? null : first.cause() + (more > 0 ? " (and " + more + " more organisations)" : "");
    }
}
