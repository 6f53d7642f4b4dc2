package dev.realtime.benchmarks;

import dev.realtime.benchmarks.events.CatchUp;
import dev.realtime.benchmarks.events.Instances;
import dev.realtime.benchmarks.events.Latency;
import dev.realtime.benchmarks.events.OpenSnapshot;
import dev.realtime.benchmarks.events.Retention;
import dev.realtime.benchmarks.events.SqlWriters;
import dev.realtime.benchmarks.events.Throughput;
import dev.realtime.benchmarks.events.WatchedTable;
import dev.realtime.benchmarks.streams.FanOut;
import dev.realtime.benchmarks.streams.ResumeTogether;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line. */
@Command(
        name = "realtime-benchmarks",
        description = "End-to-end load on servers of its own. Every figure is worth as much as its ratio to another of"
                + " the same run.",
        mixinStandardHelpOptions = true,
        subcommands = {
            Throughput.class,
            Latency.class,
            SqlWriters.class,
            OpenSnapshot.class,
            Instances.class,
            CatchUp.class,
            Retention.class,
            WatchedTable.class,
            FanOut.class,
            ResumeTogether.class
        })
public final class BenchmarksMain {
    private BenchmarksMain() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BenchmarksMain()).execute(arguments));
    }
}
