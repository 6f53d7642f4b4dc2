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
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A subscriber of B comes back with its cursor and has much to catch up with. */
@Command(name = "catch-up", description = "A subscriber resumes and replays what it missed.")
public final class CatchUp extends Benchmark {
    @Option(names = "--events", description = "How many it missed, default ${DEFAULT-VALUE}.")
    long events = 1_000_000;

    @Option(names = "--rounds", description = "How often, default ${DEFAULT-VALUE}.")
    int rounds = 3;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                "Catching up with " + events + " events", "round", "events/s", "lost, gaps, out of order", "heap of B");
        try (PubSub a = Instance.live(database.url(), "catch_up", Map.of())) {
            String cursor = a.position(Instance.ORG).get().cursor();
            new Load(a).flatOut(events);
            database.settle();
            for (int round = 1; round <= rounds; round++) {
                try (RemoteSubscriber b = RemoteSubscriber.resumed(database.url(), "catch_up", cursor)) {
                    RemoteSubscriber.Figures figures = b.await(events, Duration.ofSeconds(10));
                    report.row(
                            round,
                            Report.perSecond(figures.events() * 1e9 / (figures.lastAtNanos() - figures.firstAtNanos())),
                            (events - figures.events()) + ", " + figures.gaps() + ", " + figures.outOfOrder(),
                            figures.heapMiB() + " MiB");
                }
            }
        }
    }
}
