package dev.realtime.benchmarks.streams;

import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.benchmarks.streams.LoadTools.Figures;
import dev.realtime.benchmarks.streams.LoadTools.Target;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One publisher over HTTP to many streams: flat out, or at a rate for latency; nchan and the gateway in turn. */
@Command(name = "fan-out", description = "One publisher over HTTP to many streams, beside nchan.")
public final class FanOut extends StreamsBenchmark {
    @Option(names = "--rate", description = "Events per second; 0, the default, for flat out.")
    private int rate;

    @Option(names = "--events", description = "Default ${DEFAULT-VALUE}.", defaultValue = "3000")
    private int events;

    @Option(names = "--seconds", description = "Longest round, default ${DEFAULT-VALUE}.", defaultValue = "25")
    private int seconds;

    @Override
    void run(LoadTools tools, GatewayProcess gateway) throws Exception {
        Report report = Benchmark.report(
                streams + " streams, " + (rate == 0 ? "flat out" : rate + " events/s"),
                "round",
                "server",
                "deliveries",
                "× nchan",
                "p50",
                "p99",
                "not delivered in time");
        for (int round = 1; round <= rounds; round++) {
            double nchan = Double.NaN;
            if (nchanPort != 0) {
                String channel =
                        "c" + Long.toHexString(ThreadLocalRandom.current().nextLong());
                Figures figures = one(tools, Target.nchan(nchanPort, channel));
                nchan = figures.perSecond();
                row(report, round, "nchan", figures, "");
            }
            Figures figures = one(tools, Target.gateway(gateway.port()));
            row(
                    report,
                    round,
                    "gateway",
                    figures,
                    Double.isNaN(nchan) ? "" : Report.ratio(figures.perSecond() / nchan));
        }
    }

    private Figures one(LoadTools tools, Target target) throws Exception {
        LoadTools.Streams open = tools.open(target, streams, seconds, events);
        tools.publish(target, events, rate);
        return open.figures();
    }

    private void row(Report report, int round, String server, Figures figures, String ratio) {
        report.row(
                round,
                server,
                Report.perSecond(figures.perSecond()),
                ratio,
                figures.p50() + " ms",
                figures.p99() + " ms",
                (long) events * streams - figures.events());
    }
}
