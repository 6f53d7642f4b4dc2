package dev.realtime.system;

import java.util.concurrent.Executor;

/**
 * Runs what a test does beside itself, each on a thread of its own. The common pool has a single thread on two cores from
 * JDK 25 on, and tests that run in parallel would wait for each other in it.
 */
final class Beside {
    static final Executor THREADS = task -> {
        Thread thread = new Thread(task, "beside-the-test");
        thread.setDaemon(true);
        thread.start();
    };

    private Beside() {}
}
