package dev.realtime.transport.runtime;

import dev.realtime.transport.settings.Secrets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the loops, timers, workers and callbacks of one instance. Whatever one of them throws ({@link Error}s too) is
 * counted and logged under the part's name, ends nothing else, and never ends the part: a loop goes on with its next
 * round after a backoff of at most 5 s. A loop or timer that fails is a blocking entry of {@link #troubles} until a round
 * has gone well or has run for a second. Thread-safe.
 */
public final class Supervisor {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    private final Clock clock;
    private final Consumer<OutOfMemoryError> outOfMemory;
    private final Troubles troubles;
    private final LongAdder failures = new LongAdder();

    /**
     * @param clock for time stamps
     * @param outOfMemory what to do, besides going on, when a part has failed for want of memory; called on that part's
     *     thread, at each such failure
     */
    public Supervisor(Clock clock, Consumer<OutOfMemoryError> outOfMemory) {
        this.clock = clock;
        this.outOfMemory = outOfMemory;
        this.troubles = new Troubles(clock);
    }

    /** The supervisor of a library: it goes on, whatever happens. */
    public static Supervisor standard() {
        return new Supervisor(Clock.systemUTC(), error -> {});
    }

    /** Which parts of this instance do not work now. */
    public Troubles troubles() {
        return troubles;
    }

    /** A loop on a daemon thread of this name, which {@link Loop#start} starts. */
    public Loop loop(String name, Step step) {
        return new Loop(this, name, step);
    }

    /** A timer with a daemon thread of this name. */
    public Timer timer(String name) {
        return new Timer(this, name);
    }

    /**
     * Daemon threads that run tasks in the order in which they come; they start with the first tasks.
     *
     * @param name of the threads, before a number
     * @param threads at most how many
     */
    public Workers workers(String name, int threads) {
        return new Workers(this, name, threads);
    }

    /** Runs a callback of a part: what it throws is reported and goes no further. Returns whether it threw nothing. */
    @SuppressWarnings("CatchThrowable")
    public boolean guard(String part, Runnable callback) {
        try {
            callback.run();
            return true;
        } catch (Throwable e) {
            failed(part, e);
            return false;
        }
    }

    /** Reports what a part threw where the part caught it itself. Throws nothing, not even where the heap is full. */
    public void failed(String part, Throwable failure) {
        failed(part, failure, true);
    }

    void failed(String part, Throwable failure, boolean withTrace) {
        try {
            failures.increment();
            if (withTrace) {
                LOG.error("{} failed and goes on", part, failure);
            } else {
                String name = failure.getClass().getSimpleName();
                LOG.error("{} failed again and goes on: {}: {}", part, name, Secrets.messageOf(failure));
            }
        } catch (RuntimeException | Error alsoTheLog) {
            // nothing is left to tell it with
        }
        OutOfMemoryError full = outOfMemoryIn(failure);
        if (full != null) {
            outOfMemory.accept(full);
        }
    }

    /** Figures for {@code /metrics}: the same ones always. */
    public List<Measure> measures() {
        return List.of(
                Measure.counter(
                        "realtime.failures",
                        "Unexpected failures of parts of this instance, all survived",
                        failures::sum),
                Measure.gauge(
                        "realtime.troubles",
                        "Parts of this instance that do not work now",
                        () -> troubles.all().size()));
    }

    Clock clock() {
        return clock;
    }

    private static @Nullable OutOfMemoryError outOfMemoryIn(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 10; depth++) {
            if (cause instanceof OutOfMemoryError full) {
                return full;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
