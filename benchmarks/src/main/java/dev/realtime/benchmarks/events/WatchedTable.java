package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What watching a table costs its writers, beside the same table unwatched. */
@Command(name = "watch", description = "Updates of a watched table, beside the same one unwatched.")
public final class WatchedTable extends Benchmark {
    private static final String SCHEMA = "watching";
    private static final int ROWS = 100_000;

    @Option(names = "--writers", description = "How many at once, default ${DEFAULT-VALUE}.")
    int writers = 8;

    @Option(names = "--seconds", description = "How long each, default ${DEFAULT-VALUE}.")
    int seconds = 8;

    @Option(names = "--rounds", description = "How often, default ${DEFAULT-VALUE}.")
    int rounds = 3;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        AtomicLong heard = new AtomicLong();
        try (PubSub instance = Instance.live(database.url(), SCHEMA, Map.of())) {
            instance.subscribe(
                    SubscribeRequest.of(Instance.ORG),
                    Runnable::run,
                    delivery -> heard.addAndGet(delivery instanceof Received ? 1 : 0));
            for (String table : new String[] {"unwatched", "watched"}) {
                database.run("create table " + table + " (id int primary key, org_id text not null, n int not null);"
                        + " create index on " + table + " (n);" + " insert into " + table + " select g, '"
                        + Instance.ORG + "', g from generate_series(1, " + ROWS + ") g");
            }
            database.run("select " + SCHEMA + ".watch('watched')");
            single(database, heard);
            bulk(database);
        }
    }

    private void single(BenchDatabase database, AtomicLong heard) throws Exception {
        Report report = report(
                "Updates of one row by " + writers + " writers",
                "round",
                "unwatched",
                "watched",
                "ratio",
                "pings heard");
        for (int round = 1; round <= rounds; round++) {
            database.settle();
            double unwatched = updates(database, "unwatched");
            database.settle();
            heard.set(0);
            double watched = updates(database, "watched");
            report.row(
                    round,
                    Report.perSecond(unwatched),
                    Report.perSecond(watched),
                    Report.ratio(watched / unwatched),
                    heard.get());
        }
    }

    private double updates(BenchDatabase database, String table) throws Exception {
        String sql = "update " + table + " set n = n + 1 where id = ?";
        return Crew.timesPerSecond(
                database, writers, Duration.ofSeconds(seconds), connection -> update(connection, sql));
    }

    private static void update(Connection connection, String sql) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setInt(1, 1 + ThreadLocalRandom.current().nextInt(1_000));
            update.execute();
        }
        connection.commit();
    }

    private void bulk(BenchDatabase database) throws Exception {
        Report report = report("One update of " + ROWS + " rows", "round", "unwatched", "watched", "ratio");
        for (int round = 1; round <= rounds + 2; round++) {
            long unwatched = millis(database, "unwatched");
            long watched = millis(database, "watched");
            report.row(round, unwatched + " ms", watched + " ms", Report.ratio((double) watched / unwatched));
        }
    }

    private static long millis(BenchDatabase database, String table) throws Exception {
        database.settle();
        long start = System.nanoTime();
        database.run("update " + table + " set n = n + 1");
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }
}
