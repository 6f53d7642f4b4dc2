package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What replays of clients that do not read may hold. */
class ReplayRoomTest {
    private static final int EVENTS = 100;
    private static final int EVENT_BYTES = 20_000;
    private static final long ROOM = 400_000;
    /** Of four threads, each with a page of a MiB at most, with its frames: but pages of five events are read here. */
    private static final long BEYOND = 4 * 2 * 5 * (EVENT_BYTES + 1_000L);

    private final ScriptedAdapter adapter = new ScriptedAdapter(false);
    private final Supervisor supervisor = Supervisor.standard();
    private final Hub hub = new Hub(adapter, supervisor, ROOM);
    private final List<Reader> readers = new ArrayList<>();

    /** Reads when it is told to. */
    private final class Reader {
        private final Semaphore signals = new Semaphore(0);
        private final Subscription subscription;
        private final int from;

        private Reader(String orgId, int from) {
            this.from = from;
            String cursor = new Position(
                            adapter.range(orgId).head().epoch(),
                            from,
                            from == 0 ? Position.NO_EVENT : Position.checkOf("e" + from))
                    .cursor();
            subscription = hub.subscribe(SubscribeRequest.of(orgId).from(cursor), signals::release);
            readers.add(this);
        }

        private void readsAllInOrder() throws InterruptedException {
            List<Long> offsets = new ArrayList<>();
            boolean live = false;
            while (!live) {
                Delivery next = subscription.poll();
                if (next instanceof Delivery.Received received) {
                    offsets.add(received.position().offset());
                } else if (next == null) {
                    assertThat(signals.tryAcquire(20, TimeUnit.SECONDS))
                            .as("after " + offsets + " from " + from)
                            .isTrue();
                }
                live = next instanceof Delivery.Live;
            }
            assertThat(offsets)
                    .containsExactlyElementsOf(IntStream.rangeClosed(from + 1, EVENTS)
                            .mapToObj(Long::valueOf)
                            .toList());
        }
    }

    @BeforeEach
    void start() {
        adapter.maxPage(5);
        adapter.start(hub);
        for (String org : List.of("greedy", "other")) {
            JsonPayload payload = JsonPayload.of('"' + "x".repeat(EVENT_BYTES) + '"');
            adapter.append(IntStream.rangeClosed(1, EVENTS)
                            .mapToObj(
                                    i -> new Envelope("e" + i, org, "changed", "events", Instant.EPOCH, payload, null))
                            .toList())
                    .join();
        }
        adapter.settle();
        adapter.goLive();
        adapter.settle();
    }

    @AfterEach
    void stop() {
        readers.forEach(reader -> reader.subscription.close());
        assertThat(measure("realtime.replay.pages.bytes")).isZero();
        assertThat(measure("realtime.replay.pages.awaited")).isZero();
        hub.close();
    }

    @Test
    void manyThatDoNotReadHoldWhatThereIsRoomForAndOthersReplay() throws Exception {
        for (int from = 0; from < 60; from++) {
            new Reader("greedy", from);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> measure("realtime.replay.pages.awaited") > 40);
        assertThat(measure("realtime.replay.pages.bytes")).isPositive().isLessThanOrEqualTo(ROOM + BEYOND);

        new Reader("other", 10).readsAllInOrder();
        assertThat(measure("realtime.replay.pages.bytes")).isLessThanOrEqualTo(ROOM + BEYOND);

        // Those who begin to read get everything.
        ExecutorService clients = Executors.newCachedThreadPool();
        List<Future<?>> reading = new ArrayList<>();
        readers.subList(0, 60)
                .forEach(reader -> reading.add(clients.submit(() -> {
                    reader.readsAllInOrder();
                    return null;
                })));
        for (Future<?> each : reading) {
            each.get(60, TimeUnit.SECONDS);
        }
        clients.shutdown();
    }

    @Test
    void whoLeavesMakesRoomForWhoWaits() throws Exception {
        List<Reader> first = IntStream.range(0, 30)
                .mapToObj(from -> new Reader("greedy", from))
                .toList();
        await().atMost(Duration.ofSeconds(20)).until(() -> measure("realtime.replay.pages.awaited") > 10);

        Reader last = new Reader("greedy", 50);
        first.forEach(reader -> reader.subscription.close());

        last.readsAllInOrder();
    }

    private double measure(String name) {
        return hub.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .map(Measure::value)
                .findFirst()
                .orElseThrow()
                .getAsDouble();
    }
}
