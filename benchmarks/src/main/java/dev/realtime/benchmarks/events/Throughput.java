package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Load;
import dev.realtime.benchmarks.equipment.Payload;
import dev.realtime.benchmarks.equipment.RemoteSubscriber;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.PubSub;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Durable publish on A, delivered to a subscriber of B in another process: flat out. */
@Command(name = "throughput", description = "Flat out from A to a subscriber on B, beside the naive way.")
public final class Throughput extends Benchmark {
    @Option(names = "--events", description = "How many, default ${DEFAULT-VALUE}.")
    long events = 1_000_000;

    @Option(names = "--rounds", description = "How often, default ${DEFAULT-VALUE}.")
    int rounds = 2;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                "Flat out, A to B",
                "round",
                "naive",
                "nobody listening",
                "delivered on B",
                "x naive",
                "of nobody listening",
                "lost, gaps, out of order",
                "CPU server / B");
        for (int round = 1; round <= rounds; round++) {
            database.settle();
            double naive = Naive.eventsPerSecond(database, 16, Duration.ofSeconds(10));
            String schema = "flat_out_" + round;
            double alone;
            try (PubSub a = Instance.live(database.url(), schema, Map.of())) {
                new Load(a).flatOut(events / 10);
                database.settle();
                alone = new Load(a).flatOut(events);
                database.settle();
                try (RemoteSubscriber b = RemoteSubscriber.started(database.url(), schema)) {
                    new Load(a).flatOut(events / 10);
                    b.await(events / 10, Duration.ofSeconds(10));
                    RemoteSubscriber.Figures before = b.reset();
                    Duration cpu = database.cpu();
                    long start = Payload.nanos();
                    new Load(a).flatOut(events);
                    RemoteSubscriber.Figures after = b.await(events, Duration.ofSeconds(10));
                    double delivered = after.events() * 1e9 / (after.lastAtNanos() - start);
                    report.row(
                            round,
                            Report.perSecond(naive),
                            Report.perSecond(alone),
                            Report.perSecond(delivered),
                            Report.ratio(delivered / naive),
                            Report.ratio(delivered / alone),
                            (events - after.events()) + ", " + after.gaps() + ", " + after.outOfOrder(),
                            micros(database.cpu().minus(cpu).toMillis()) + " / "
                                    + micros(after.cpuMillis() - before.cpuMillis()) + " us/event");
                }
            }
            database.run("drop schema " + schema + " cascade");
        }
    }

    private String micros(long millis) {
        return Report.ratio(millis * 1_000.0 / events);
    }
}
