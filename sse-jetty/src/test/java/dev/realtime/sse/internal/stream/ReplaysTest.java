package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.internal.stream.Replays.Full;
import dev.realtime.sse.internal.stream.Replays.Place;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReplaysTest {
    private volatile boolean logFlows = true;
    private volatile long now;
    private final Replays replays = new Replays(2, () -> logFlows, () -> now);

    /** Gives what it was told to, and remembers its end. */
    private static final class Replayed implements Subscription {
        private final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
        private final AtomicInteger closes = new AtomicInteger();

        private Replayed(Delivery... deliveries) {
            this.deliveries.addAll(List.of(deliveries));
        }

        @Override
        public Delivery poll() {
            return deliveries.poll();
        }

        @Override
        public boolean mark() {
            return true;
        }

        @Override
        public long waitingBytes() {
            return 7;
        }

        @Override
        public void close() {
            closes.incrementAndGet();
        }
    }

    @Test
    void whoFindsNoRoomWaitsItsTurnWithoutASubscription() {
        List<String> calls = new ArrayList<>();
        Replayed replay = new Replayed(new Delivery.Live());
        Place one = take();
        Place two = take();
        Place third = take().subscribe(
                        () -> {
                            calls.add("subscribe");
                            return replay;
                        },
                        () -> calls.add("signal"));
        assertThat(third.waits()).isTrue();
        assertThat(third.poll()).isNull();
        assertThat(third.mark()).as("a comment is due").isFalse();
        assertThat(calls).isEmpty();
        assertThat(replays.waiting()).isEqualTo(1);

        one.close();

        assertThat(calls).containsExactly("signal");
        assertThat(third.waits()).isFalse();
        assertThat(third.poll()).isEqualTo(new Delivery.Live());
        assertThat(calls).containsExactly("signal", "subscribe");
        assertThat(third.mark()).isTrue();
        assertThat(third.waitingBytes()).isEqualTo(7);
        requireReading(1, 0);
        two.close();
        third.close();
        assertThat(replay.closes).hasValue(1);
        requireReading(0, 0);
    }

    @Test
    void turnsComeInOrderAndWhoHasLeftIsPassedOver() {
        List<Integer> turns = new ArrayList<>();
        Place one = take();
        Place two = take();
        List<Place> waiting = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            waiting.add(take().subscribe(Replayed::new, () -> turns.add(number)));
        }
        waiting.get(1).close();
        one.close();
        two.close();
        waiting.get(0).close();
        assertThat(turns).containsExactly(0, 2, 3);
    }

    @Test
    void beyondTenTimesAsManyNobodyWaits() {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < 22; i++) {
            places.add(take());
        }
        requireReading(2, 20);
        assertThat(replays.take("acme")).isEqualTo(new Full(2));
        places.get(10).close();
        places.add(take());
        assertThat(replays.take("acme")).isEqualTo(new Full(2));
        places.forEach(Place::close);
        requireReading(0, 0);
    }

    @Test
    void othersFindRoomBesideAnOrganisationThatTakesAllItMay() {
        List<Place> greedy = new ArrayList<>();
        for (int i = 0; i < 23; i++) {
            if (replays.take("acme") instanceof Place place) {
                greedy.add(place);
            }
        }

        Place other = (Place) replays.take("globex");

        assertThat(greedy).hasSize(22);
        assertThat(other.waits()).isFalse();
        requireReading(3, 20);
    }

    @Test
    void organisationsTakeTurnsWhereManyWait() {
        List<String> turns = new ArrayList<>();
        List<Place> readers = new ArrayList<>();
        for (String org : List.of("a", "a", "b", "c")) {
            readers.add((Place) replays.take(org));
        }
        requireReading(4, 0);
        for (String org : List.of("d", "d", "d", "e")) {
            ((Place) replays.take(org)).subscribe(Replayed::new, () -> turns.add(org));
        }

        readers.forEach(Place::close);

        assertThat(turns.subList(0, 2)).containsExactlyInAnyOrder("d", "e");
    }

    @Test
    void aPlaceIsGivenBackOnceWhateverEndsIt() {
        Place live = take().subscribe(() -> new Replayed(new Delivery.Live(), new Delivery.Live()), () -> {});
        Place slow = take();
        live.poll();
        live.poll();
        live.close();
        live.close();
        requireReading(1, 0);
        take();
        assertThat(take().waits()).isTrue();
        slow.close();
        slow.close();
        requireReading(2, 0);
    }

    @Test
    void aSubscriptionThatFailsIsTheStreamsAffairAndItsPlaceIsGivenBackWithIt() {
        take();
        Place failing = take();
        assertThatThrownBy(() -> failing.subscribe(
                        () -> {
                            throw new IllegalStateException("closed");
                        },
                        () -> {}))
                .hasMessage("closed");
        failing.close();
        requireReading(1, 0);
    }

    @Test
    void whatIsOpenedForAStreamThatHasLeftIsClosed() {
        Replayed late = new Replayed();
        Place place = take();
        place.subscribe(
                () -> {
                    place.close();
                    return late;
                },
                () -> {});
        assertThat(late.closes).hasValue(1);
        assertThat(place.poll()).isNull();
        requireReading(0, 0);
    }

    @Test
    void whoTakesLongIsNotCountedAnyMore() {
        take();
        now = 1;
        take();
        Place third = take();
        now = Replays.LONGEST_NANOS;
        replays.tick();
        assertThat(third.waits()).isFalse();
        requireReading(2, 0);
        take();
        now = Replays.LONGEST_NANOS + 1;
        replays.tick();
        requireReading(2, 0);
    }

    @Test
    void whileTheLogCannotBeReadNobodyWaits() {
        AtomicInteger signals = new AtomicInteger();
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            places.add(take().subscribe(Replayed::new, signals::incrementAndGet));
        }
        logFlows = false;
        replays.tick();
        requireReading(2, 0);
        assertThat(signals).hasValue(3);
        for (int i = 0; i < 50; i++) {
            assertThat(take().waits()).isFalse();
        }
        places.forEach(Place::close);
        requireReading(0, 0);
    }

    /** As streams do whose writer is closed. */
    @Test
    void manyThatEndWhenTheirTurnComesEndOneAfterTheOther() {
        Replays many = new Replays(10_000, () -> true, () -> now);
        List<Place> reading = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            reading.add((Place) many.take("acme"));
        }
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        for (int i = 0; i < 100_000; i++) {
            Place place = (Place) many.take("acme");
            place.subscribe(Replayed::new, () -> {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                place.close();
                depth.decrementAndGet();
            });
        }
        reading.get(0).close();
        assertThat(deepest).hasValue(1);
        assertThat(many.waiting()).isZero();
        assertThat(many.reading()).isEqualTo(9_999);
    }

    @Test
    void manyAtOnceNeverExceedTheLimitNoneIsForgottenAndAllPlacesComeBack() throws Exception {
        Replays shared = new Replays(3, () -> logFlows, () -> now);
        AtomicInteger most = new AtomicInteger();
        AtomicInteger turns = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger left = new AtomicInteger();
        int streams = 20_000;
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                Random random = new Random(i);
                work.add(() -> {
                    if (!(shared.take("acme") instanceof Place place)) {
                        refused.incrementAndGet();
                        return null;
                    }
                    AtomicInteger state = new AtomicInteger();
                    // Whoever comes first: its turn, or its leaving.
                    Runnable turn = () -> {
                        if (!place.waits() && state.compareAndSet(0, 1)) {
                            turns.incrementAndGet();
                            most.accumulateAndGet(shared.reading(), Math::max);
                            while (place.poll() != null) {
                                Thread.onSpinWait();
                            }
                            place.close();
                        }
                    };
                    boolean live = random.nextBoolean();
                    place.subscribe(() -> live ? new Replayed(new Delivery.Live()) : new Replayed(), turn);
                    turn.run();
                    if (random.nextInt(4) == 0 && state.compareAndSet(0, 2)) {
                        left.incrementAndGet();
                        place.close();
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        shared.tick();
        assertThat(shared.reading()).isZero();
        assertThat(shared.waiting()).isZero();
        assertThat(most.get()).isBetween(1, 3);
        assertThat(turns.get() + left.get() + refused.get()).isEqualTo(streams);
    }

    private Place take() {
        return (Place) replays.take("acme");
    }

    private void requireReading(int reading, int waiting) {
        assertThat(replays.reading()).as("reading").isEqualTo(reading);
        assertThat(replays.waiting()).as("waiting").isEqualTo(waiting);
    }

    @Test
    void whoCannotBeLetInIsNoAffairOfWhoMadeRoom() {
        Place first = (Place) replays.take("acme");
        Place second = (Place) replays.take("acme");
        Place failing = (Place) replays.take("acme");
        Place next = (Place) replays.take("acme");
        AtomicInteger signals = new AtomicInteger();
        failing.subscribe(Replayed::new, () -> {
            throw new OutOfMemoryError("as it were");
        });
        next.subscribe(Replayed::new, signals::incrementAndGet);

        first.close();
        second.close();

        assertThat(signals).hasValue(1);
        assertThat(replays.reading()).isEqualTo(2);
    }
}
