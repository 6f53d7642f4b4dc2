package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.runtime.Measure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a publisher meets when there is no room. */
class BackpressureTest {
    private static final Event EVENT = Event.of("acme", "changed");
    private static final Duration LONG = Duration.ofSeconds(60);

    private final ScriptedAdapter adapter = ScriptedAdapter.withOneLog();
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private PubSub pubSub;

    @AfterEach
    void close() {
        callers.shutdownNow();
        pubSub.close();
    }

    @Test
    void whoWaitsIsTakenInOrderOnceThereIsRoom() throws Exception {
        full(LONG);
        List<Future<Publication>> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String id = "waited-" + i;
            AtomicReference<Thread> caller = new AtomicReference<>();
            waiting.add(callers.submit(() -> {
                caller.set(Thread.currentThread());
                return pubSub.publish(EVENT.withId(id));
            }));
            await().until(() -> isWaiting(caller.get()));
        }

        assertThat(waiting).noneMatch(Future::isDone);
        adapter.comeBack();

        for (Future<Publication> each : waiting) {
            assertThat(each.get(LONG.toSeconds(), TimeUnit.SECONDS).committed()).succeedsWithin(LONG);
        }
        assertThat(adapter.published().stream().flatMap(List::stream).filter(id -> id.startsWith("waited")))
                .containsExactly("waited-0", "waited-1", "waited-2");
        assertThat(measure("realtime.refused")).isZero();
        assertThat(measure("realtime.queue.entered")).isGreaterThanOrEqualTo(10_000);
        assertThat(measure("realtime.queue.published")).isEqualTo(measure("realtime.queue.entered"));
        assertThat(measure("realtime.queued.events")).isZero();
        assertThat(measure("realtime.queued.bytes")).isZero();
    }

    @Test
    void patienceEndsInTheSameErrorAsWithoutIt() {
        full(Duration.ofMillis(300));
        long begun = System.nanoTime();

        Publication refused = pubSub.publish(EVENT.withId("one-more"));

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        assertThat(refused.committed())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(QueueFullException.class);
        assertThat(measure("realtime.refused")).isEqualTo(1);
        assertThat(measure("realtime.queued.events")).isEqualTo(10_000);
        assertThat(measure("realtime.queued.bytes")).isPositive();
    }

    @Test
    void anOrganisationThatHasFilledItsShareKeepsNoOtherFromPublishing() throws Exception {
        full(LONG);
        AtomicReference<Thread> caller = new AtomicReference<>();
        Future<Publication> waits = callers.submit(() -> {
            caller.set(Thread.currentThread());
            return pubSub.publish(EVENT.withId("waited"));
        });
        await().until(() -> isWaiting(caller.get()));

        Publication other = pubSub.publish(Event.of("globex", "changed"));

        assertThat(other.accepted()).isCompletedWithValue(Acceptance.QUEUED);
        assertThat(waits).isNotDone();
        adapter.comeBack();
        assertThat(waits.get(LONG.toSeconds(), TimeUnit.SECONDS).committed()).succeedsWithin(LONG);
    }

    @Test
    void manyThatTakeAllTheyMayLeaveRoomForOneMore() {
        open(Duration.ZERO);
        adapter.goDown();
        for (int org = 0; org < 5; org++) {
            Event event = Event.of("greedy-" + org, "changed");
            for (int i = 0; i < 2 * QueueRoom.MAX_EVENTS / 1_000; i++) {
                pubSub.publish(Collections.nCopies(1_000, event));
            }
            while (!pubSub.publish(event).committed().isCompletedExceptionally()) {
                // until its share is full
            }
        }

        assertThat(pubSub.publish(Event.of("small", "changed")).accepted()).isCompletedWithValue(Acceptance.QUEUED);
        assertThat(measure("realtime.queued.events")).isLessThan(2 * QueueRoom.MAX_EVENTS);
    }

    @Test
    void whoOffersNeverWaits() {
        full(LONG);

        assertThat(pubSub.offer(List.of(EVENT)).committed())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(QueueFullException.class);
    }

    @Test
    void anAdapterWithoutRoomIsWaitedForToo() throws Exception {
        open(LONG);
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> attempts.incrementAndGet() < 4
                ? CompletableFuture.failedFuture(new QueueFullException("full"))
                : adapter.append(events));

        Publication publication = pubSub.publish(EVENT.withId("patient"));

        assertThat(publication.committed()).succeedsWithin(LONG);
        assertThat(publication.accepted()).isCompletedWithValue(Acceptance.COMMITTED);
        assertThat(attempts).hasValue(4);
    }

    @Test
    void aRefusalDoesNotSetTheWaitingSpinning() {
        open(Duration.ofMillis(400));
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> {
            attempts.incrementAndGet();
            return CompletableFuture.failedFuture(new QueueFullException("full"));
        });

        pubSub.publish(EVENT);

        assertThat(attempts).hasValueBetween(2, 40);
    }

    @Test
    void whoPublishesInAnAnswerIsRefusedAtOnceBecauseTheRoomComesOfAnswering() {
        open(LONG);
        CompletableFuture<List<Position>> first = new CompletableFuture<>();
        adapter.publishing(events -> first);
        CompletableFuture<Publication> second = pubSub.publish(EVENT.withId("first"))
                .committed()
                .thenApply(done -> {
                    adapter.publishing(events -> CompletableFuture.failedFuture(new QueueFullException("full")));
                    return pubSub.publish(EVENT.withId("second"));
                });

        first.complete(List.of(new Position("e1", 1, "0")));

        assertThat(second).isCompleted();
        assertThat(second.join().committed()).isCompletedExceptionally();
    }

    @Test
    void anInterruptEndsTheWaiting() throws Exception {
        full(LONG);
        CompletableFuture<Publication> answer = new CompletableFuture<>();
        Thread caller = new Thread(() -> answer.complete(pubSub.publish(EVENT)));
        caller.start();
        await().until(() -> isWaiting(caller));

        caller.interrupt();

        assertThat(answer.get(10, TimeUnit.SECONDS).committed()).isCompletedExceptionally();
    }

    private void open(Duration patience) {
        pubSub = Doors.on(adapter, patience);
        adapter.goLive();
    }

    /** The transport is away and the queue is full. */
    private void full(Duration patience) {
        open(patience);
        adapter.goDown();
        IntStream.range(0, 10).forEach(i -> pubSub.publish(Collections.nCopies(1_000, EVENT)));
    }

    private double measure(String name) {
        return pubSub.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .map(Measure::value)
                .findFirst()
                .orElseThrow()
                .getAsDouble();
    }

    private static boolean isWaiting(@Nullable Thread caller) {
        return caller != null && caller.getState() == Thread.State.TIMED_WAITING;
    }
}
