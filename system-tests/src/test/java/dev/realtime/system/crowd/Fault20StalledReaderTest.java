package dev.realtime.system.crowd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.Gateway;
import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.SteadyPublisher;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** One of a thousand asks for everything and never reads. What that costs the others in time is for benchmarks to say. */
class Fault20StalledReaderTest {
    private static final int OTHERS = 999;
    private static final int EVENTS_PER_SECOND = 10;
    private static final int EVENTS_AFTERWARDS = 10;
    private static final Duration WRITE_DEADLINE = Duration.ofMillis(1_500);
    private static final long MOST_WAITING_BYTES = 8L << 20;
    private static final String SLOW = "realtime_stream_closes_total{reason=\"slow\"}";

    private final Gateway gateway = Gateway.start(
            Settings.of(Map.of("REALTIME_TRANSPORT", "memory", "REALTIME_AUTH", "none", "PORT", "0")),
            options -> options.withWriteDeadline(WRITE_DEADLINE));
    private final GatewayClient client = new GatewayClient(gateway.address(), Map.of());
    private final AtomicLong mostWaiting = new AtomicLong();

    @Test
    @Fault(20)
    void oneOfAThousandThatNeverReadsIsCutAndTheOthersGetEverythingInOrder() throws IOException {
        try (gateway;
                Crowd others = new Crowd(gateway.port())) {
            SteadyPublisher publisher = SteadyPublisher.start(gateway.pubSub(), EVENTS_PER_SECOND);
            StalledStream stalled;
            try (publisher) {
                for (int i = 0; i < OTHERS; i++) {
                    others.enter(Visit.staying("storm"));
                }
                others.hearUntil("a first event", visit -> visit.events() > 0);
                stalled = askForEverything();
                CompletableFuture<Void> cut = CompletableFuture.runAsync(this::fillUntilCut, Beside.THREADS);
                others.hearUntil("heard while one stalled", visit -> cut.isDone());
                cut.join();
                long afterwards = publisher.log().lastKey() + EVENTS_AFTERWARDS;
                others.hearUntil("events after it was cut", visit -> visit.reached(afterwards));
            }

            assertThat(others.visits()).hasSize(OTHERS);
            assertThat(others.visits().stream().flatMap(visit -> visit.faults(publisher.log()).stream()))
                    .isEmpty();
            assertThat(client.figure(SLOW)).isEqualTo(1);
            assertThat(client.figure("realtime_streams")).isEqualTo(OTHERS);
            System.out.printf(
                    "%d others, %,d events each at most, %,d bytes waited at most%n",
                    OTHERS,
                    others.visits().stream().mapToInt(Visit::events).max().orElse(0),
                    mostWaiting.get());
            assertThat(mostWaiting.get()).as("bytes in all mailboxes").isBetween(1L, MOST_WAITING_BYTES);
            stalled.requireEnded();
            stalled.close();
        }
    }

    private StalledStream askForEverything() throws IOException {
        int before = gateway.pubSub().stats().subscriptions();
        StalledStream stalled = StalledStream.at(gateway.port());
        Patience.until("the stream is open", () -> gateway.pubSub().stats().subscriptions() > before);
        return stalled;
    }

    /** Only the one that reads nothing asks for these. */
    private void fillUntilCut() {
        for (int i = 0; i < StalledStream.BULK_EVENTS; i++) {
            gateway.pubSub().publish(StalledStream.BULK).committed().join();
            mostWaiting.accumulateAndGet(gateway.pubSub().stats().mailboxBytes(), Math::max);
        }
        Patience.until("it is cut", () -> {
            mostWaiting.accumulateAndGet(gateway.pubSub().stats().mailboxBytes(), Math::max);
            return client.figure(SLOW) > 0;
        });
    }
}
