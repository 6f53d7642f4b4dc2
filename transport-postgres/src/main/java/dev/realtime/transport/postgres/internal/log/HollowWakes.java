package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.runtime.Troubles;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Wake-ups after which nothing was new. Any role may notify the channel, as often as it likes, and each notification has the
 * tail look at the log. One or two in vain are nothing; after many in a row looks are further apart, and who notifies is
 * named, until it is over. What is really new comes a hundredth of a second later meanwhile.
 */
public final class HollowWakes {
    public static final String PART = "notifications";
    /** So many in a row do not come of publishing. */
    static final int IN_A_ROW = 64;
    /** The shortest time from one look to the next then. */
    static final Duration APART = Duration.ofMillis(10);

    private static final Duration WINDOW = Duration.ofSeconds(1);
    private static final Duration OVER = Duration.ofSeconds(5);
    private static final int MOST_BACKENDS = 64;

    private final Troubles troubles;
    private final LongSupplier nanos;

    /** By server process, since the window began. Any thread. */
    private final Map<Integer, AtomicLong> heard = new ConcurrentHashMap<>();

    // the tail's thread
    private int hollow;
    private long windowSince;
    private long wokenAt;
    private long pacedAt;
    private boolean told;

    HollowWakes(Troubles troubles, LongSupplier nanos) {
        this.troubles = troubles;
        this.nanos = nanos;
        this.windowSince = nanos.getAsLong();
    }

    /** A notification of this server process. Any thread; cheap. */
    void heard(int pid) {
        AtomicLong times = heard.get(pid);
        if (times != null) {
            times.incrementAndGet();
        } else if (heard.size() < MOST_BACKENDS) {
            heard.computeIfAbsent(pid, first -> new AtomicLong()).incrementAndGet();
        }
    }

    /** The tail has been round once. */
    void round(boolean woken, boolean grew) {
        if (grew) {
            hollow /= 2;
        } else if (woken) {
            hollow = Math.min(hollow + 1, 2 * IN_A_ROW);
        }
        long now = nanos.getAsLong();
        if (woken) {
            wokenAt = now;
        }
        if (woken && isTooMany()) {
            pacedAt = now;
        }
        if (now - windowSince >= WINDOW.toNanos()) {
            if (isTooMany() && now - pacedAt < WINDOW.toNanos()) {
                tell(Duration.ofNanos(now - windowSince));
            } else if (told && now - pacedAt >= OVER.toNanos()) {
                told = false;
                troubles.clear(PART);
            }
            heard.clear();
            windowSince = now;
        }
        if (now - wokenAt >= WINDOW.toNanos()) {
            hollow = 0;
        }
    }

    private boolean isTooMany() {
        return hollow >= IN_A_ROW;
    }

    private void tell(Duration window) {
        heard.entrySet().stream()
                .max(Comparator.comparingLong(entry -> entry.getValue().get()))
                .ifPresent(loudest -> {
                    told = true;
                    troubles.raise(
                            PART,
                            "the server process with pid " + loudest.getKey() + " notifies our channel again and again,"
                                    + " and nothing is new: about "
                                    + loudest.getValue().get() * 1_000 / Math.max(1, window.toMillis())
                                    + " times a second; end it with pg_terminate_backend");
                });
    }

    /** The shortest time from one look to the next, in nanoseconds. */
    long apart() {
        return isTooMany() ? APART.toNanos() : 0;
    }
}
