package dev.realtime.transport.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;

/**
 * A few daemon threads, started with the first tasks, that run tasks in the order in which they come. A task that throws is reported and
 * ends no thread. The queue has no bound: whoever gives tasks bounds them. Thread-safe.
 */
public final class Workers implements Executor, AutoCloseable {
    private final Supervisor supervisor;
    private final String name;
    private final int threads;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    // guarded by this
    private final List<Loop> loops = new ArrayList<>();
    private boolean closed;

    Workers(Supervisor supervisor, String name, int threads) {
        this.supervisor = supervisor;
        this.name = name;
        this.threads = threads;
    }

    /**
     * Runs it as soon as a thread is free.
     *
     * @throws RejectedExecutionException after {@link #close}
     */
    @Override
    public synchronized void execute(Runnable task) {
        if (closed) {
            throw new RejectedExecutionException(name + " is closed");
        }
        tasks.add(task);
        if (loops.size() < threads) {
            loops.add(supervisor
                    .loop(name + "-" + (loops.size() + 1), this::runNext)
                    .start());
        }
    }

    /** Runs nothing more, and interrupts what runs now. */
    @Override
    public synchronized void close() {
        closed = true;
        tasks.clear();
        loops.forEach(Loop::interrupt);
    }

    private boolean runNext() throws InterruptedException {
        Runnable task = tasks.take();
        supervisor.guard(name, task);
        return true;
    }
}
