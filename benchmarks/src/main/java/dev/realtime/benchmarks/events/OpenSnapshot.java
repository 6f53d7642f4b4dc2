package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Payload;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sealing while somebody keeps a snapshot open, beside the same without one. */
@Command(name = "snapshot", description = "Publishing by SQL and sealing while a snapshot stays open, and without.")
public final class OpenSnapshot extends Benchmark {
    private static final int WRITERS = 4;
    private static final int IN_ONE_TRANSACTION = 50;

    @Option(names = "--events", description = "How many each, default ${DEFAULT-VALUE}.")
    long events = 1_000_000;

    private final AtomicLong heard = new AtomicLong();

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                "Publishing by SQL, " + IN_ONE_TRANSACTION + " in a transaction, until heard",
                "snapshot",
                "events/s",
                "each tenth of them");
        double without = measured(database, "snapshot_none", report, "none");
        double with;
        try (Connection old = database.connect();
                Statement statement = old.createStatement()) {
            statement.execute("begin isolation level repeatable read");
            statement.execute("select count(*) from pg_class");
            with = measured(database, "snapshot_open", report, "open all the while");
            statement.execute("rollback");
        }
        report.row("ratio", Report.ratio(with / without), "");
    }

    private double measured(BenchDatabase database, String schema, Report report, String name) throws Exception {
        String publish = "select count(" + schema + ".publish('" + Instance.ORG + "', 'orders.updated', '"
                + Payload.now() + "', 'resource:orders')) from generate_series(1, " + IN_ONE_TRANSACTION + ")";
        heard.set(0);
        try (PubSub instance = Instance.live(database.url(), schema, Map.of())) {
            instance.subscribe(
                    SubscribeRequest.of(Instance.ORG),
                    Runnable::run,
                    delivery -> heard.addAndGet(delivery instanceof Received ? 1 : 0));
            List<String> tenths = new ArrayList<>();
            long start = System.nanoTime();
            for (int tenth = 1; tenth <= 10; tenth++) {
                long from = System.nanoTime();
                AtomicLong left = new AtomicLong(events / 10 / IN_ONE_TRANSACTION);
                Crew.untilDone(database, WRITERS, left, connection -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(publish);
                    }
                    connection.commit();
                });
                while (heard.get() < events / 10 * tenth) {
                    LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
                }
                tenths.add(Report.perSecond(events * 1e8 / (System.nanoTime() - from)));
            }
            double rate = events * 1e9 / (System.nanoTime() - start);
            report.row(name, Report.perSecond(rate), String.join(" ", tenths));
            return rate;
        }
    }
}
