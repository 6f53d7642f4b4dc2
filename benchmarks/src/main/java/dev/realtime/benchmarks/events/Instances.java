package dev.realtime.benchmarks.events;

import dev.realtime.benchmarks.equipment.BenchDatabase;
import dev.realtime.benchmarks.equipment.Benchmark;
import dev.realtime.benchmarks.equipment.Instance;
import dev.realtime.benchmarks.equipment.Load;
import dev.realtime.benchmarks.equipment.Report;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What more listening instances cost the publisher and the server. */
@Command(name = "instances", description = "1, 10 and 50 listening instances at a steady rate.")
public final class Instances extends Benchmark {
    @Option(names = "--rate", description = "Events per second, default ${DEFAULT-VALUE}.")
    int rate = 1_000;

    @Option(names = "--seconds", description = "How long each, default ${DEFAULT-VALUE}.")
    int seconds = 20;

    @Override
    protected void run(BenchDatabase database) throws Exception {
        Report report = report(
                "Listening instances at " + rate + " events/s",
                "instances",
                "publish p50",
                "p99",
                "p99 x that of 1",
                "server CPU",
                "x that of 1",
                "not delivered");
        double firstP99 = 0;
        double firstCpu = 0;
        for (int count : new int[] {1, 10, 50}) {
            String schema = "instances_" + count;
            AtomicLong delivered = new AtomicLong();
            List<PubSub> listening = new ArrayList<>();
            try (PubSub a = Instance.live(database.url(), schema, Map.of())) {
                for (int i = 0; i < count; i++) {
                    PubSub instance = Instance.live(database.url(), schema, Map.of());
                    listening.add(instance);
                    instance.subscribe(
                            SubscribeRequest.of(Instance.ORG),
                            Runnable::run,
                            delivery -> delivered.addAndGet(delivery instanceof Received ? 1 : 0));
                }
                new Load(a).steady(rate, rate * 5L);
                awaitDelivered(delivered, rate * 5L * count);
                database.settle();
                delivered.set(0);
                Duration cpu = database.cpu();
                Load load = new Load(a);
                long events = (long) rate * seconds;
                load.steady(rate, events);
                double cores = database.cpu().minus(cpu).toMillis() / (seconds * 1_000.0);
                awaitDelivered(delivered, events * count);
                Histogram commit = load.commitMicros();
                double p99 = commit.getValueAtPercentile(99);
                firstP99 = count == 1 ? p99 : firstP99;
                firstCpu = count == 1 ? cores : firstCpu;
                report.row(
                        count,
                        Report.millis(commit.getValueAtPercentile(50)),
                        Report.millis((long) p99),
                        Report.ratio(p99 / firstP99),
                        Report.ratio(cores) + " cores",
                        Report.ratio(cores / firstCpu),
                        events * count - delivered.get());
            } finally {
                listening.forEach(PubSub::close);
            }
        }
    }

    private static void awaitDelivered(AtomicLong delivered, long wanted) {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (delivered.get() < wanted && System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000);
        }
    }
}
