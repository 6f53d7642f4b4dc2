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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Business transactions that publish by SQL, beside the same ones with a plain insert. */
@Command(name = "writers", description = "Transactions that publish by SQL, beside the same with a plain insert.")
public final class SqlWriters extends Benchmark {
    private static final String SCHEMA = "sql_writers";
    private static final String PUBLISH = "select " + SCHEMA + ".publish(?, 'orders.updated', ?, 'resource:orders')";

    @Option(names = "--writers", description = "How many at once, default ${DEFAULT-VALUE}.")
    int writers = 32;

    @Option(names = "--work", description = "Milliseconds of other work before commit, default ${DEFAULT-VALUE}.")
    int workMillis = 5;

    @Option(names = "--seconds", description = "How long each, default ${DEFAULT-VALUE}.")
    int seconds = 10;

    @Option(names = "--rounds", description = "How often, default ${DEFAULT-VALUE}.")
    int rounds = 3;

    private final Map<String, Long> commits = new ConcurrentHashMap<>();
    private final Histogram micros = new ConcurrentHistogram(3);

    @Override
    protected void run(BenchDatabase database) throws Exception {
        try (PubSub instance = Instance.live(database.url(), SCHEMA, Map.of())) {
            instance.subscribe(SubscribeRequest.of(Instance.ORG), Runnable::run, delivery -> {
                if (delivery instanceof Received received) {
                    heard(received);
                }
            });
            under(database);
            idle(database);
        }
    }

    private void under(BenchDatabase database) throws Exception {
        database.run("create table plain (id bigserial primary key, org text, body text)");
        Report report = report(
                writers + " writers, " + workMillis + " ms of work before commit",
                "round",
                "plain insert",
                "publish by SQL",
                "ratio",
                "commit to subscriber p50",
                "p99",
                "not heard");
        Duration duration = Duration.ofSeconds(seconds);
        Crew.timesPerSecond(database, writers, Duration.ofSeconds(3), this::publish);
        for (int round = 1; round <= rounds; round++) {
            database.settle();
            double plain = Crew.timesPerSecond(database, writers, duration, this::insert);
            database.settle();
            micros.reset();
            double publishing = Crew.timesPerSecond(database, writers, duration, this::publish);
            awaitAll();
            report.row(
                    round,
                    Report.perSecond(plain),
                    Report.perSecond(publishing),
                    Report.ratio(publishing / plain),
                    Report.millis(micros.getValueAtPercentile(50)),
                    Report.millis(micros.getValueAtPercentile(99)),
                    commits.size());
        }
    }

    private void idle(BenchDatabase database) throws Exception {
        Report report = report(
                "One publication by SQL on an idle system",
                "every",
                "commit to subscriber p50",
                "p99",
                "max",
                "not heard");
        for (int every : new int[] {200, 50, 10}) {
            micros.reset();
            try (Connection connection = database.connect()) {
                connection.setAutoCommit(false);
                for (int i = 0; i < 200; i++) {
                    LockSupport.parkNanos(Duration.ofMillis(every).toNanos());
                    publish(connection, 0);
                }
            }
            awaitAll();
            report.row(
                    every + " ms",
                    Report.millis(micros.getValueAtPercentile(50)),
                    Report.millis(micros.getValueAtPercentile(99)),
                    Report.millis(micros.getMaxValue()),
                    commits.size());
        }
    }

    private void insert(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into plain (org, body) values (?, ?)")) {
            insert.setString(1, Instance.ORG);
            insert.setString(2, Payload.now());
            insert.execute();
        }
        LockSupport.parkNanos(Duration.ofMillis(workMillis).toNanos());
        connection.commit();
    }

    private void publish(Connection connection) throws SQLException {
        publish(connection, workMillis);
    }

    private void publish(Connection connection, int millis) throws SQLException {
        String id;
        try (PreparedStatement publish = connection.prepareStatement(PUBLISH)) {
            publish.setString(1, Instance.ORG);
            publish.setString(2, Payload.now());
            try (ResultSet row = publish.executeQuery()) {
                row.next();
                id = row.getString(1);
            }
        }
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
        commits.put(id, System.nanoTime());
        connection.commit();
    }

    /** The time runs from the call of commit. */
    private void heard(Received received) {
        Long committed = commits.remove(received.envelope().id());
        if (committed != null) {
            micros.recordValue((System.nanoTime() - committed) / 1_000);
        }
    }

    private void awaitAll() {
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!commits.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
    }
}
