package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Load;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.PubSub;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A steady rate for many windows: what is trimmed must keep up, and nobody must feel it. */
@Command(name = "retention", description = "A steady rate for many windows: sizes, WAL and latency over time.")
public final class Retention extends Benchmark {
    private static final String SCHEMA = "retention";

    @Option(names = "--rate", description = "Events per second, default ${DEFAULT-VALUE}.")
    int rate = 5_000;

    @Option(names = "--minutes", description = "How long, default ${DEFAULT-VALUE}.")
    int minutes = 10;

    @Option(names = "--window", description = "The replay window in seconds, default ${DEFAULT-VALUE}.")
    int windowSeconds = 60;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                rate + " events/s with a window of " + windowSeconds + " s",
                "minute",
                "publish p50",
                "p99",
                "log and its indexes",
                "events held",
                "WAL per event",
                "failed");
        Map<String, String> window = Map.of("REALTIME_REPLAY_WINDOW_SECONDS", Integer.toString(windowSeconds));
        try (PubSub a = Instance.live(database.url(), SCHEMA, window)) {
            for (int minute = 1; minute <= minutes; minute++) {
                long wal = wal(database);
                Load load = new Load(a);
                load.steady(rate, rate * 60L);
                Histogram commit = load.commitMicros();
                report.row(
                        minute,
                        Report.millis(commit.getValueAtPercentile(50)),
                        Report.millis(commit.getValueAtPercentile(99)),
                        String.format(
                                Locale.ROOT,
                                "%.0f MiB",
                                database.number("select pg_total_relation_size('" + SCHEMA + ".log')") / 1048576.0),
                        database.number("select head_offset - floor_offset from " + SCHEMA + ".log_range"),
                        (wal(database) - wal) / (rate * 60L) + " B",
                        load.failed());
            }
        }
    }

    private static long wal(BenchDatabase database) throws Exception {
        return database.number("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint");
    }
}
