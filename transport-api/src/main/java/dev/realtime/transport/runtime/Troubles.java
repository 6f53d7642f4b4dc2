package dev.realtime.transport.runtime;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The board of what does not work on this instance: one entry for each part. {@code /readyz} shows it. The log gets one
 * line when a trouble begins and one when it ends; a cause that changes is said again at most once a minute. Thread-safe;
 * never blocks.
 */
public final class Troubles {
    private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);
    private static final long SAID_AGAIN_NANOS = Duration.ofMinutes(1).toNanos();

    private final Clock clock;
    /** Parts that know themselves whether they work. */
    private final List<Supplier<@Nullable Trouble>> watched = new CopyOnWriteArrayList<>();

    // guarded by this
    private final Map<String, Told> open = new HashMap<>();

    private record Told(Trouble trouble, long saidAt) {}

    Troubles(Clock clock) {
        this.clock = clock;
    }

    /** Says that a part does not work, though this instance stays ready. Replaces what was said of the part before. */
    public void raise(String part, String cause) {
        put(part, cause, false);
    }

    /** Says that a part does not work, so that this instance is not ready. Replaces what was said of the part before. */
    public void raiseBlocking(String part, String cause) {
        put(part, cause, true);
    }

    /** Says that a part works again. Does nothing if nothing was said of it. */
    public void clear(String part) {
        synchronized (this) {
            if (open.remove(part) == null) {
                return;
            }
        }
        LOG.info("{}: works again", part);
    }

    /** What does not work now, by part. */
    public List<Trouble> all() {
        List<Trouble> all = new ArrayList<>();
        synchronized (this) {
            open.values().forEach(told -> all.add(told.trouble()));
        }
        for (Supplier<@Nullable Trouble> part : watched) {
            Trouble trouble = part.get();
            if (trouble != null) {
                all.add(trouble);
            }
        }
        all.sort(Comparator.comparing(Trouble::part));
        return all;
    }

    void watch(Supplier<@Nullable Trouble> part) {
        watched.add(part);
    }

    void forget(Supplier<@Nullable Trouble> part) {
        watched.remove(part);
    }

    private void put(String part, String cause, boolean blocking) {
        long now = System.nanoTime();
        boolean says;
        synchronized (this) {
            Told before = open.get(part);
            boolean changed = before == null
                    || !before.trouble().cause().equals(cause)
                    || before.trouble().blocking() != blocking;
            if (!changed) {
                return;
            }
            says = before == null || now - before.saidAt() >= SAID_AGAIN_NANOS;
            Trouble trouble = new Trouble(
                    part,
                    cause,
                    blocking,
                    before == null ? clock.instant() : before.trouble().since());
            open.put(part, new Told(trouble, says || before == null ? now : before.saidAt()));
        }
        if (says) {
            LOG.warn("{}: {}", part, cause);
        }
    }
}
