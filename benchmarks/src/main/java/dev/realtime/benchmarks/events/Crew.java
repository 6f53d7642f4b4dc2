package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Writers that do the same over and over, each on a connection of its own. */
final class Crew {
    /** One piece of work, and its commit. */
    interface Work {
        void once(Connection connection) throws SQLException;
    }

    private Crew() {}

    /** How often per second all of them together did it. */
    static double timesPerSecond(BenchDatabase database, int writers, Duration duration, Work work) throws Exception {
        AtomicLong times = new AtomicLong();
        long start = System.nanoTime();
        long end = start + duration.toNanos();
        together(database, writers, () -> System.nanoTime() < end, connection -> {
            work.once(connection);
            times.incrementAndGet();
        });
        return times.get() * 1e9 / (System.nanoTime() - start);
    }

    /** So often, all of them together. */
    static void untilDone(BenchDatabase database, int writers, AtomicLong left, Work work) throws Exception {
        together(database, writers, () -> left.decrementAndGet() >= 0, work);
    }

    private static void together(BenchDatabase database, int writers, BooleanSupplier goesOn, Work work)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                running.add(threads.submit(() -> {
                    try (Connection connection = database.connect()) {
                        connection.setAutoCommit(false);
                        while (goesOn.getAsBoolean()) {
                            work.once(connection);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> writer : running) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
