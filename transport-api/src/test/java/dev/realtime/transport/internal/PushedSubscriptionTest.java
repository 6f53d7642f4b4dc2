package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PushedSubscriptionTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final ScriptedAdapter adapter = ScriptedAdapter.withOneLog();
    private final PubSub pubSub = Doors.on(adapter);
    private final ExecutorService pool = Executors.newFixedThreadPool(4);
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void start() {
        adapter.goLive();
    }

    @AfterEach
    void close() {
        pubSub.close();
        pool.shutdownNow();
    }

    @Test
    void consumerGetsEverythingInOrderOneAtATime() {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        pubSub.subscribe(ACME, pool, delivery -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            heard.add(Listener.line(delivery));
            inside.decrementAndGet();
        });
        List<String> expected = new ArrayList<>(List.of("open 0", "live"));
        for (int i = 1; i <= 1_000; i++) {
            adapter.append(List.of(ScriptedAdapter.envelope("acme", "n" + i)));
            expected.add("n" + i + "@" + i);
        }

        Awaitility.await().untilAsserted(() -> assertThat(heard).containsExactlyElementsOf(expected));
        assertThat(most).hasValue(1);
    }

    @Test
    void consumerThatFailsGetsTheNextOne() {
        AtomicInteger failures = new AtomicInteger();
        pubSub.subscribe(ACME, Runnable::run, delivery -> {
            heard.add(Listener.line(delivery));
            if (failures.incrementAndGet() % 2 == 0) {
                throw new AssertionError("a consumer's bug");
            }
            throw new IllegalStateException("another one");
        });
        adapter.append("acme", "a", "b");

        assertThat(heard).containsExactly("open 0", "live", "a@1", "b@2");
    }

    @Test
    void consumerMayCloseItsOwnSubscription() {
        AtomicReference<Subscription> own = new AtomicReference<>();
        own.set(pubSub.subscribe(ACME, Runnable::run, delivery -> {
            heard.add(Listener.line(delivery));
            if (heard.contains("a@1")) {
                own.get().close();
            }
        }));
        Listener other = new Listener(pubSub, ACME);
        adapter.append("acme", "a", "b");
        adapter.append("acme", "c");

        assertThat(heard).containsExactly("open 0", "live", "a@1");
        other.hears("open 0", "live", "a@1", "b@2", "c@3");
    }

    @Test
    void executorThatTakesNothingAnyMoreEndsOnlyItsSubscription() {
        pubSub.subscribe(ACME, pool, delivery -> heard.add(Listener.line(delivery)));
        Awaitility.await().until(() -> heard.size() == 2);
        Listener other = new Listener(pubSub, ACME);
        pool.shutdownNow();
        adapter.append("acme", "a");

        other.hears("open 0", "live", "a@1");
        assertThat(pubSub.stats().subscriptions()).isEqualTo(1);
    }

    @Test
    void executorThatTakesNothingFromTheBeginningLeavesNoSubscription() {
        pubSub.subscribe(
                ACME,
                task -> {
                    throw new RejectedExecutionException("full");
                },
                delivery -> heard.add(Listener.line(delivery)));

        assertThat(pubSub.stats().subscriptions()).isZero();
    }

    @Test
    void manyConsumersShareAFewThreads() {
        IntStream.range(0, 100)
                .forEach(i -> pubSub.subscribe(ACME, pool, delivery -> heard.add(Listener.line(delivery))));
        adapter.append("acme", "a");

        Awaitility.await().untilAsserted(() -> assertThat(heard).hasSize(300));
    }
}
