package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Authorizer;
import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Timer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators have revoked: heard of all instances from the start of the log on, on a thread of its own; kept,
 * whether the transport is there or not; and said again before it falls out of the log. Thread-safe; never blocks.
 */
public final class Revocations implements AutoCloseable {
    /** Most revocations that hold at once. */
    static final int MOST = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);
    private static final Filter ONES = new Filter(List.of(Revocation.TOPIC), List.of(Revocation.EVENT));
    private static final Duration TRY_AGAIN = Duration.ofMillis(500);
    private static final Duration LONGEST_AGE = Duration.ofSeconds(150);
    private static final int BATCH = 1_000;
    /** So far the clocks of instances may differ. */
    private static final Duration SKEW = Duration.ofMinutes(5);

    private final PubSub pubSub;
    private final Consumer<Predicate<Caller>> streams;
    private final Clock clock;
    private final Duration sayAgainAfter;
    private final HeldRevocations held = new HeldRevocations(MOST);
    private final CountDownLatch replayed = new CountDownLatch(1);
    private final Counter gaps;
    private final Timer loop;

    // Of the loop.
    private @Nullable Subscription subscription;
    private int subscriptions;
    private boolean opened;
    /** The last event that was not learned, for whatever reason. */
    private @Nullable String notLearned;

    /** @param clock tells whether a revocation still holds */
    public Revocations(PubSub pubSub, Consumer<Predicate<Caller>> streams, Clock clock, MeterRegistry meters) {
        this.pubSub = pubSub;
        this.loop = pubSub.supervisor().timer("realtime-revocations");
        this.streams = streams;
        this.clock = clock;
        Duration quarter = pubSub.replayWindow().dividedBy(4);
        this.sayAgainAfter = quarter.compareTo(LONGEST_AGE) < 0 ? quarter : LONGEST_AGE;
        Gauge.builder("realtime.revocations", held, HeldRevocations::size)
                .description("Revocations that hold now")
                .register(meters);
        this.gaps = Counter.builder("realtime.revocations.gaps")
                .description("Gaps in what this instance has heard of revocations")
                .register(meters);
        loop.execute(this::findStart);
        long tick = Math.max(50, sayAgainAfter.toMillis() / 8);
        // Not all instances at once: who hears another say it is silent.
        long first = ThreadLocalRandom.current().nextLong(tick, 2 * tick);
        loop.later(Duration.ofMillis(first - tick), () -> loop.every(Duration.ofMillis(tick), this::tick));
    }

    /** The same authorizer, which refuses what is revoked. */
    public Authorizer over(Authorizer authorizer) {
        return request -> {
            Caller caller = authorizer.authorize(request);
            requireHolds(caller);
            return caller;
        };
    }

    void requireHolds(Caller caller) throws Refused {
        if (covers(caller)) {
            throw new Refused(ProblemCode.REVOKED, "the credential has been revoked; get a new one");
        }
    }

    public boolean covers(Caller caller) {
        return held.covers(caller, clock.instant());
    }

    /** Whether there is room for one about this subject. */
    boolean hasRoomFor(Revocation revocation) {
        return !held.isFull() || held.holds(revocation.subject());
    }

    /** Waits until all that the log holds has been heard, so long at most; returns whether it has. */
    public boolean awaitReplayed(Duration atMost) {
        try {
            return replayed.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closeSubscription(); // first: what it hears it gives to the loop
        loop.close();
        closeSubscription();
    }

    private synchronized void closeSubscription() {
        if (subscription != null) {
            subscription.close();
        }
    }

    /** The log's offset 0 stands before everything that is held, once the log's epoch is known. */
    private void findStart() {
        try {
            pubSub.position(FieldRules.INSTANCES)
                    .whenComplete((head, failure) -> inLoop(() -> {
                        if (failure == null) {
                            subscribe(new Position(head.epoch(), 0, Position.NO_EVENT));
                        } else {
                            findStartLater();
                        }
                    }));
        } catch (RuntimeException | Error e) {
            LOG.error("The revocations' log cannot be asked", e);
            findStartLater();
        }
    }

    private void findStartLater() {
        try {
            loop.later(TRY_AGAIN, this::findStart);
        } catch (RejectedExecutionException closed) {
            LOG.debug("closed, so nothing is tried again");
        }
    }

    private synchronized void subscribe(Position start) {
        closeSubscription();
        if (loop.isClosed()) {
            return;
        }
        int number = ++subscriptions;
        opened = false;
        SubscribeRequest request = new SubscribeRequest(FieldRules.INSTANCES, null, ONES, start.cursor());
        subscription = pubSub.subscribe(request, loop, delivery -> heard(number, delivery));
    }

    private void heard(int number, Delivery delivery) {
        if (number != subscriptions) {
            return;
        }
        if (delivery instanceof Delivery.Received received) {
            try {
                learn(received);
            } catch (RuntimeException | Error e) {
                notLearned(received.envelope().id(), e);
            }
        } else if (delivery instanceof Delivery.Opened) {
            opened = true;
        } else if (delivery instanceof Delivery.Live) {
            replayed.countDown();
            streams.accept(this::covers); // what ended none when it was heard first
        } else if (delivery instanceof Delivery.Gap gap) {
            gap(gap.reason());
        }
    }

    /** All are heard again, once for an event. */
    private void notLearned(String id, Throwable failure) {
        LOG.error("A revocation was not learned", failure);
        if (!id.equals(notLearned)) {
            notLearned = id;
            findStartLater();
        }
    }

    /** At the start it is no loss that the log has been trimmed: others say again what was in there. */
    private void gap(GapReason reason) {
        if (opened || reason != GapReason.TRIMMED) {
            gaps.increment();
            LOG.warn(
                    "Revocations may have been missed ({}): those that other instances hold are said again within {} s",
                    reason.wireName(),
                    Math.max(1, sayAgainAfter.toSeconds() * 2));
        }
        if (reason != GapReason.TRIMMED) {
            findStartLater(); // it went on from the head: all that is held is heard again
        }
    }

    private void learn(Delivery.Received received) {
        Instant now = clock.instant();
        Instant saidAt = received.envelope().timestamp();
        Revocation.of(received.envelope())
                .ifPresentOrElse(
                        said -> learn(said, saidAt.isAfter(now) ? now : saidAt, now),
                        () -> LOG.warn(
                                "The event {} on {} is no revocation, so it changes nothing",
                                received.envelope().id(),
                                Revocation.TOPIC));
    }

    private void learn(Revocation.Said said, Instant saidAt, Instant now) {
        if (said.revocation().revokedAt().isAfter(now.plus(SKEW))) {
            LOG.warn(
                    "A revocation of a moment that is still to come ({}) counts for nothing",
                    said.revocation().revokedAt());
            return;
        }
        switch (held.learn(said, saidAt, now)) {
            case NEW -> streams.accept(said.revocation()::endsStreamOf);
            case OVERFLOW -> {
                LOG.warn("More than {} revocations: the one that ends first is forgotten", MOST);
                gaps.increment();
                streams.accept(said.revocation()::endsStreamOf);
            }
            case KNOWN -> LOG.trace("a revocation was said again");
        }
    }

    private void tick() {
        try {
            Instant now = clock.instant();
            held.forgetEnded(now);
            if (!pubSub.status().state().flows()) {
                return;
            }
            List<Event> again = held.due(sayAgainAfter, now, BATCH).stream()
                    .map(said -> said.revocation().event(said.time()))
                    .toList();
            if (!again.isEmpty()) {
                pubSub.tellInstances(again).committed().whenComplete((positions, failure) -> {
                    if (failure != null) {
                        LOG.warn("Revocations could not be said again, the next round tries: {}", failure.toString());
                    }
                });
            }
        } catch (RuntimeException e) {
            LOG.error("A round of saying revocations again failed", e);
        }
    }

    private void inLoop(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException closed) {
            LOG.debug("closed, so nothing is done");
        }
    }
}
