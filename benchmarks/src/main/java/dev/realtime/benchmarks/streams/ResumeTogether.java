package dev.realtime.benchmarks.streams;

import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.benchmarks.streams.LoadTools.Figures;
import dev.realtime.benchmarks.streams.LoadTools.Target;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Many clients come back at the same cursor, at once. The time counts from the first connect to the last event. */
@Command(name = "resume", description = "Many clients resume at once behind the same events.")
public final class ResumeTogether extends StreamsBenchmark {
    @Option(names = "--events", description = "Missed by each, default ${DEFAULT-VALUE}.", defaultValue = "1000")
    private int events;

    @Override
    void run(LoadTools tools, GatewayProcess gateway) throws Exception {
        Target target = Target.gateway(gateway.port());
        String cursor = gateway.cursor();
        tools.publish(target, events, 0);
        Report report = Benchmark.report(
                streams + " clients resume behind " + events + " events", "round", "replayed", "in", "not delivered");
        for (int round = 1; round <= rounds; round++) {
            long since = System.nanoTime();
            Figures figures =
                    tools.open(target.from(cursor), streams, 30, events).figures();
            double took = (System.nanoTime() - since) / 1e9;
            report.row(
                    round,
                    Report.perSecond(figures.events() / took),
                    Report.ratio(took) + " s",
                    (long) events * streams - figures.events());
        }
    }
}
