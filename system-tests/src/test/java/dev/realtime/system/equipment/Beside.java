package dev.realtime.system.equipment;

import java.util.concurrent.Executor;

/**
 * Runs what a test does beside itself, each on a thread of its own. The common pool has a single thread on two cores from
 * JDK 25 on, and tests that run in parallel would wait for each other in it.
 */
public final class Beside {
    public static final Executor THREADS = task -> {
        Thread thread = new Thread(task, "beside-the-test");
        thread.setDaemon(true);
        thread.start();
    };

    private Beside() {}
}
