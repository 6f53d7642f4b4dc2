package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.FollowingAdapter;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Up to fifty threads come, listen, go and come back at their cursor, while events are delivered late and in lumps, reads fail
 * and the transport comes and goes. The ledger of each: every event after its cursor once, in order, over all its visits.
 */
class FanOutStressTest {
    private static final int EVENTS = 6_000;
    private static final String LAST = "last";

    private final ExecutorService pool = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        pool.shutdownNow();
    }

    @ParameterizedTest
    @CsvSource({"true, 50", "false, 50", "false, 2"})
    void everyLedgerIsContiguous(boolean shared, int subscribers) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        ScriptedAdapter adapter = shared ? ScriptedAdapter.withOneLog() : new FollowingAdapter();
        AtomicBoolean flaky = new AtomicBoolean();
        adapter.maxPage(37);
        adapter.reading(page -> {
            if (flaky.get() && (System.nanoTime() & 3) == 0) {
                throw new TransportUnavailableException("flaky", null);
            }
            return page;
        });
        try (PubSub pubSub = Doors.on(adapter)) {
            adapter.goLive();
            List<Future<Ledger>> ledgers = new ArrayList<>();
            CountDownLatch opened = new CountDownLatch(subscribers);
            for (int i = 0; i < subscribers; i++) {
                Visits visits = new Visits(pubSub, new Random(random.nextLong()), opened);
                ledgers.add(pool.submit(visits));
            }
            assertThat(opened.await(10, TimeUnit.SECONDS)).isTrue();
            publishAll(adapter, flaky, random);
            for (Future<Ledger> future : ledgers) {
                Ledger ledger = future.get(60, TimeUnit.SECONDS);
                assertThat(ledger.fault).as("seed %d", seed).isNull();
                assertThat(ledger.gaps).as("seed %d", seed).isZero();
            }
            assertThat(pubSub.stats().subscriptions()).isZero();
        }
    }

    private static void publishAll(ScriptedAdapter adapter, AtomicBoolean flaky, Random random) {
        int published = 0;
        while (published < EVENTS) {
            int lump = 1 + random.nextInt(40);
            for (int i = 0; i < lump; i++) {
                adapter.append(List.of(ScriptedAdapter.envelope("acme", "n" + published++)));
            }
            switch (random.nextInt(8)) {
                case 0 -> adapter.lagging(true);
                case 1, 2 -> {
                    adapter.lagging(false);
                    adapter.deliver();
                }
                case 3 -> flaky.set(!flaky.get());
                case 4 -> adapter.tell(State.DOWN);
                default -> adapter.tell(State.LIVE);
            }
        }
        flaky.set(false);
        adapter.lagging(false);
        adapter.tell(State.LIVE);
        adapter.append("acme", LAST);
    }

    /** What one subscriber wrote down. */
    private static final class Ledger {
        private final CountDownLatch firstOpened;
        private long expected = -1;
        private String cursor;
        private int gaps;
        private String fault;
        private boolean complete;

        private Ledger(CountDownLatch firstOpened) {
            this.firstOpened = firstOpened;
        }

        private void write(Delivery delivery) {
            if (delivery instanceof Delivery.Opened opened) {
                Position start = opened.start();
                if (cursor == null) {
                    cursor = start.cursor();
                    expected = start.offset() + 1;
                    firstOpened.countDown();
                } else if (!opened.resumed() || start.offset() != expected - 1) {
                    fault = "opened " + start + " where " + expected + " was to come";
                }
            } else if (delivery instanceof Delivery.Received received) {
                if (received.position().offset() != expected) {
                    fault = "got " + received + " where " + expected + " was to come";
                }
                expected = received.position().offset() + 1;
                cursor = received.position().cursor();
                complete = received.envelope().id().equals(LAST);
            } else if (delivery instanceof Delivery.Gap) {
                gaps++;
            }
        }
    }

    /** One subscriber's visits, until it has heard the last event. */
    private static final class Visits implements Callable<Ledger> {
        private final PubSub pubSub;
        private final Random random;
        private final Ledger ledger;

        private Visits(PubSub pubSub, Random random, CountDownLatch opened) {
            this.pubSub = pubSub;
            this.random = random;
            this.ledger = new Ledger(opened);
        }

        @Override
        public Ledger call() throws InterruptedException {
            while (!ledger.complete && ledger.fault == null) {
                Semaphore signals = new Semaphore(0);
                try (Subscription subscription =
                        pubSub.subscribe(SubscribeRequest.of("acme").from(ledger.cursor), signals::release)) {
                    visit(subscription, signals, random.nextInt(300));
                }
            }
            return ledger;
        }

        private void visit(Subscription subscription, Semaphore signals, int length) throws InterruptedException {
            // A first visit that ends before it has opened would have nothing to come back to.
            for (int i = 0; i < length || ledger.cursor == null; i++) {
                Delivery delivery = subscription.poll();
                while (delivery == null) {
                    if (!signals.tryAcquire(20, TimeUnit.SECONDS)) {
                        ledger.fault = "nothing came for 20 s where " + ledger.expected + " was to come";
                        return;
                    }
                    delivery = subscription.poll();
                }
                ledger.write(delivery);
                if (ledger.complete || ledger.fault != null) {
                    return;
                }
            }
        }
    }
}
