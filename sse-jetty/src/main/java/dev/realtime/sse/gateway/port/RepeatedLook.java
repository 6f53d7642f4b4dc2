package dev.realtime.sse.gateway.port;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** A periodic task of a port: runs while the server does, one run at a time, and goes on after one that failed. */
abstract class RepeatedLook extends AbstractLifeCycle {
    private final ServerConnector connector;
    private final long millisBetween;

    private volatile Scheduler.@Nullable Task next;

    /** @param between the end of a look and the next one; a millisecond at least */
    RepeatedLook(ServerConnector connector, Duration between) {
        this.connector = connector;
        this.millisBetween = Math.max(1, between.toMillis());
    }

    /** By the scheduler's thread, unless {@link #run} says otherwise. */
    abstract void look();

    /** Runs a look where it belongs. */
    void run(Runnable look) {
        look.run();
    }

    final ServerConnector connector() {
        return connector;
    }

    @Override
    protected final void doStart() {
        schedule();
    }

    @Override
    protected final void doStop() {
        Scheduler.Task scheduled = next;
        if (scheduled != null) {
            scheduled.cancel();
        }
    }

    private void schedule() {
        next = connector.getScheduler().schedule(() -> run(this::lookAndGoOn), millisBetween, TimeUnit.MILLISECONDS);
    }

    private void lookAndGoOn() {
        try {
            look();
        } finally {
            if (isRunning() || isStarting()) {
                schedule();
            }
        }
    }
}
