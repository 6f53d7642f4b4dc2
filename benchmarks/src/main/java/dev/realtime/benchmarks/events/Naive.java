package dev.realtime.benchmarks.events;

import com.zaxxer.hikari.HikariDataSource;
import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Payload;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** The naive way: for each event a transaction of its own, with one insert and one NOTIFY, over a pool. */
final class Naive {
    private Naive() {}

    /** Events per second with as many writers as the pool has connections. */
    static double eventsPerSecond(BenchDatabase database, int writers, Duration duration) throws Exception {
        database.run("create table if not exists naive (id bigserial primary key, org text, body text)");
        AtomicLong events = new AtomicLong();
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try (HikariDataSource pool = database.pool(writers)) {
            long start = System.nanoTime();
            long end = start + duration.toNanos();
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                running.add(threads.submit(() -> {
                    while (System.nanoTime() < end) {
                        publish(pool);
                        events.incrementAndGet();
                    }
                    return null;
                }));
            }
            for (Future<?> writer : running) {
                writer.get();
            }
            return events.get() * 1e9 / (System.nanoTime() - start);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void publish(HikariDataSource pool) throws SQLException {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            String body = Payload.now();
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into naive (org, body) values (?, ?)")) {
                insert.setString(1, Instance.ORG);
                insert.setString(2, body);
                insert.execute();
            }
            try (PreparedStatement notify = connection.prepareStatement("select pg_notify('naive', ?)")) {
                notify.setString(1, body);
                notify.execute();
            }
            connection.commit();
        }
    }
}
