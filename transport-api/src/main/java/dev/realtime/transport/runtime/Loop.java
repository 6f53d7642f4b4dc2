package dev.realtime.transport.runtime;

import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread that runs one {@link Step} after the other until one says that it was the last. Nothing that a step throws
 * ends it. Thread-safe.
 */
public final class Loop {
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LONGEST_BACKOFF_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** A round that has run so long is taken for one that goes well. */
    private static final long GOES_WELL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Supervisor supervisor;
    private final String name;
    private final Step step;
    private final Thread thread;
    private final Supplier<@Nullable Trouble> trouble = this::trouble;

    // written by the loop's thread
    private volatile @Nullable Failure last;
    private volatile long enteredAt;
    private volatile boolean inRound;

    // guarded by this
    private boolean stopped;

    /** @param count how many rounds in turn have failed */
    private record Failure(String cause, Instant since, int count) {}

    Loop(Supervisor supervisor, String name, Step step) {
        this.supervisor = supervisor;
        this.name = name;
        this.step = step;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Starts the thread. Once. */
    public Loop start() {
        supervisor.troubles().watch(trouble);
        thread.start();
        return this;
    }

    /** No round follows the one that runs now, and no backoff is waited out. */
    public synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    /** {@link #stop}, and interrupts the round that runs now. */
    public void interrupt() {
        stop();
        thread.interrupt();
    }

    /** Waits for the end, at most this long; not at all on the loop's own thread. An interrupt ends the wait and stays set. */
    public void join(long millis) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the thread runs. */
    public boolean isAlive() {
        return thread.isAlive();
    }

    @SuppressWarnings("CatchThrowable")
    private void run() {
        boolean goesOn = true;
        while (goesOn) {
            try {
                if (last != null) {
                    backOff();
                }
                goesOn = !isStopped() && round();
            } catch (InterruptedException stopping) {
                goesOn = !isStopped();
            } catch (Throwable alsoTheBackoff) {
                supervisor.failed(name, alsoTheBackoff, false);
            }
        }
        supervisor.troubles().forget(trouble);
    }

    /** Returns whether another one follows. */
    @SuppressWarnings("CatchThrowable")
    private boolean round() throws InterruptedException {
        enteredAt = System.nanoTime();
        inRound = true;
        try {
            boolean goesOn = step.run();
            last = null;
            return goesOn;
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            Failure before = goesWell() ? null : last;
            supervisor.failed(name, e, before == null);
            last = before == null
                    ? new Failure(
                            e.getClass().getSimpleName(), supervisor.clock().instant(), 1)
                    : new Failure(e.getClass().getSimpleName(), before.since(), before.count() + 1);
            return true;
        } finally {
            inRound = false;
        }
    }

    /** Exponential with full jitter. */
    private synchronized void backOff() throws InterruptedException {
        Failure failure = last;
        int count = failure == null ? 1 : failure.count();
        long longest = Math.min(LONGEST_BACKOFF_NANOS, FIRST_BACKOFF_NANOS << Math.min(count - 1, 20));
        long until = System.nanoTime() + 1 + ThreadLocalRandom.current().nextLong(longest);
        long left = until - System.nanoTime();
        while (!stopped && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = until - System.nanoTime();
        }
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    private boolean goesWell() {
        return inRound && System.nanoTime() - enteredAt > GOES_WELL_NANOS;
    }

    private @Nullable Trouble trouble() {
        Failure failure = last;
        return failure == null || goesWell()
                ? null
                : new Trouble(
                        name,
                        "failed " + failure.count() + " times in turn, last by " + failure.cause()
                                + "; the log says more",
                        true,
                        failure.since());
    }
}
