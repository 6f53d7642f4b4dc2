package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Load;
import dev.realtime.benchmarks.equipment.RemoteSubscriber;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.PubSub;
import java.time.Duration;
import java.util.Map;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From the call of publish on A to a subscriber of B, at a steady rate. */
@Command(name = "latency", description = "From publish on A to a subscriber on B at a steady rate.")
public final class Latency extends Benchmark {
    @Option(names = "--rate", description = "Events per second, default ${DEFAULT-VALUE}.")
    int rate = 1_000;

    @Option(names = "--seconds", description = "How long, default ${DEFAULT-VALUE}.")
    int seconds = 20;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                "Latency at " + rate + " events/s", "from publish to", "p50", "p99", "max", "lost, gaps, out of order");
        try (PubSub a = Instance.live(database.url(), "latency", Map.of());
                RemoteSubscriber b = RemoteSubscriber.started(database.url(), "latency")) {
            new Load(a).steady(rate, rate * 5L);
            database.settle();
            b.await(rate * 5L, Duration.ofSeconds(5));
            b.reset();
            long events = (long) rate * seconds;
            Load load = new Load(a);
            load.steady(rate, events);
            RemoteSubscriber.Figures figures = b.await(events, Duration.ofSeconds(5));
            Histogram commit = load.commitMicros();
            report.row(
                    "commit, on A",
                    Report.millis(commit.getValueAtPercentile(50)),
                    Report.millis(commit.getValueAtPercentile(99)),
                    Report.millis(commit.getMaxValue()),
                    load.failed() + " failed");
            report.row(
                    "subscriber, on B",
                    Report.millis(figures.p50()),
                    Report.millis(figures.p99()),
                    Report.millis(figures.max()),
                    (events - figures.events()) + ", " + figures.gaps() + ", " + figures.outOfOrder());
        }
    }
}
