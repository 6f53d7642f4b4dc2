package dev.realtime.benchmarks.equipment;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.HdrHistogram.Histogram;

/**
 * Instance B: a process of its own with one subscriber. Reads commands from its input: {@code report} prints a line
 * of figures, {@code reset} begins anew; at the end of the input it ends.
 */
final class SubscriberMain {
    private final Histogram micros = new Histogram(3);
    private final Semaphore signal = new Semaphore(0);

    // guarded by this
    private long events;
    private long gaps;
    private long outOfOrder;
    private long last;
    private long firstAtNanos;
    private long lastAtNanos;

    private SubscriberMain() {}

    public static void main(String[] arguments) throws IOException {
        Map<String, String> more =
                arguments.length > 3 ? Map.of("REALTIME_REPLAY_WINDOW_SECONDS", arguments[3]) : Map.of();
        String cursor = arguments.length > 2 && !arguments[2].isEmpty() ? arguments[2] : null;
        new SubscriberMain().serve(arguments[0], arguments[1], cursor, more);
    }

    private void serve(
            String url, String schema, @org.jspecify.annotations.Nullable String cursor, Map<String, String> more)
            throws IOException {
        try (PubSub pubSub = Instance.live(url, schema, more);
                Subscription subscription =
                        pubSub.subscribe(SubscribeRequest.of(Instance.ORG).from(cursor), signal::release);
                BufferedReader commands =
                        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            Thread consumer = new Thread(() -> consume(subscription), "subscriber");
            consumer.setDaemon(true);
            consumer.start();
            System.out.println("ready");
            for (String command = commands.readLine(); command != null; command = commands.readLine()) {
                if (command.equals("reset")) {
                    reset();
                }
                System.out.println(report());
            }
        }
    }

    private void consume(Subscription subscription) {
        while (true) {
            signal.acquireUninterruptibly();
            signal.drainPermits();
            for (Delivery next = subscription.poll(); next != null; next = subscription.poll()) {
                count(next);
            }
        }
    }

    private synchronized void count(Delivery delivery) {
        if (delivery instanceof Gap) {
            gaps++;
        } else if (delivery instanceof Received received && received.position() != null) {
            long now = Payload.nanos();
            firstAtNanos = events == 0 ? now : firstAtNanos;
            events++;
            outOfOrder += received.position().offset() <= last ? 1 : 0;
            last = received.position().offset();
            lastAtNanos = now;
            micros.recordValue(Math.max(
                            0,
                            now
                                    - Payload.publishedAt(
                                            received.envelope().payload().bytes()))
                    / 1_000);
        }
    }

    private synchronized void reset() {
        events = 0;
        gaps = 0;
        outOfOrder = 0;
        micros.reset();
    }

    private synchronized String report() {
        long cpu =
                ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis();
        return String.join(
                " ",
                Long.toString(events),
                Long.toString(gaps),
                Long.toString(outOfOrder),
                Long.toString(firstAtNanos),
                Long.toString(lastAtNanos),
                Long.toString(micros.getValueAtPercentile(50)),
                Long.toString(micros.getValueAtPercentile(99)),
                Long.toString(micros.getMaxValue()),
                Long.toString(cpu),
                Long.toString((Runtime.getRuntime().totalMemory()
                                - Runtime.getRuntime().freeMemory())
                        >> 20));
    }
}
