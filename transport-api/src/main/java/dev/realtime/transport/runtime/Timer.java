package dev.realtime.transport.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks later, one at a time, on a daemon thread of its own, which starts with the first task. A task that throws is reported and keeps no other from
 * running; a repeated one is a blocking entry of {@link Supervisor#troubles} until it goes well the next time. Thread-safe.
 */
public final class Timer implements Executor, AutoCloseable {
    private final Supervisor supervisor;
    private final String name;
    private final Loop loop;
    private final Supplier<@Nullable Trouble> trouble = this::trouble;
    private final List<Task> repeated = new CopyOnWriteArrayList<>();

    // guarded by this
    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    /** Taken out, and not put back yet. */
    private @Nullable Task current;

    private long lastNumber;
    private boolean started;
    private boolean closed;

    /** Due at a time, in the order in which they were given. */
    private static final class Task implements Comparable<Task> {
        private final Runnable action;
        /** Zero for one that is run once. */
        private final long pauseNanos;

        private long dueAt;
        private long number;
        private volatile @Nullable Instant failingSince;

        private Task(Runnable action, long dueAt, long pauseNanos) {
            this.action = action;
            this.dueAt = dueAt;
            this.pauseNanos = pauseNanos;
        }

        @Override
        public int compareTo(Task other) {
            long later = dueAt - other.dueAt;
            return later == 0 ? Long.compare(number, other.number) : Long.signum(later);
        }
    }

    Timer(Supervisor supervisor, String name) {
        this.supervisor = supervisor;
        this.name = name;
        this.loop = supervisor.loop(name, this::runNext);
    }

    /**
     * Runs it as soon as the thread is free.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    @Override
    public void execute(Runnable task) {
        later(Duration.ZERO, task);
    }

    /**
     * Runs it once.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    public void later(Duration delay, Runnable task) {
        add(new Task(task, System.nanoTime() + delay.toNanos(), 0));
    }

    /**
     * Runs it again and again, with this pause before the first time and after each end, until {@link #close}.
     *
     * @param pause taken as 1 ms if it is shorter
     * @throws RejectedExecutionException after {@link #close}
     */
    public void every(Duration pause, Runnable task) {
        long nanos = Math.max(TimeUnit.MILLISECONDS.toNanos(1), pause.toNanos());
        Task again = new Task(task, System.nanoTime() + nanos, nanos);
        repeated.add(again);
        add(again);
    }

    /** Whether {@link #close} has been called. */
    public synchronized boolean isClosed() {
        return closed;
    }

    /** Runs nothing more, and interrupts the task that runs now. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            tasks.clear();
            notifyAll();
        }
        supervisor.troubles().forget(trouble);
        loop.interrupt();
    }

    /** Waits for the end of the task that runs now, at most this long. */
    public void join(long millis) {
        loop.join(millis);
    }

    private synchronized void add(Task task) {
        if (closed) {
            throw new RejectedExecutionException(name + " is closed");
        }
        task.number = ++lastNumber;
        tasks.add(task);
        if (!started) {
            loop.start();
            supervisor.troubles().watch(trouble);
            started = true;
        }
        notifyAll();
    }

    private boolean runNext() throws InterruptedException {
        Task task = take();
        if (task == null) {
            return false;
        }
        if (supervisor.guard(name, task.action)) {
            task.failingSince = null;
        } else if (task.failingSince == null) {
            task.failingSince = supervisor.clock().instant();
        }
        return true;
    }

    /** The next one, when it is due; null when closed. */
    private synchronized @Nullable Task take() throws InterruptedException {
        Task before = current;
        if (before != null && before.pauseNanos > 0 && !closed) {
            before.dueAt = System.nanoTime() + before.pauseNanos;
            tasks.add(before);
        }
        current = null;
        while (!closed) {
            Task first = tasks.peek();
            long left = first == null ? Long.MAX_VALUE : first.dueAt - System.nanoTime();
            if (left <= 0) {
                current = tasks.remove();
                return current;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return null;
    }

    private @Nullable Trouble trouble() {
        for (Task task : repeated) {
            Instant since = task.failingSince;
            if (since != null) {
                return new Trouble(name, "its last round failed; the log says more", true, since);
            }
        }
        return null;
    }
}
