package dev.realtime.transport.internal;

import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.OutboxQueue.Waiting;
import dev.realtime.transport.internal.Standing.Attempt;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The way out into one log. While the transport flows, a publication goes straight to the adapter. What cannot be
 * published now waits, to be sent again in order, before all that was published later: its own log waits with it, no
 * other. Thread-safe; never blocks; its lock is held for a few steps only, never while it calls others.
 */
final class OutboxLane {
    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration SELDOM = Duration.ofSeconds(5);

    /** PASSING: nothing waits. WAITING: for the transport. FLUSHING: the first of the queue are on their way. */
    private enum State {
        PASSING,
        WAITING,
        FLUSHING,
        CLOSED
    }

    /** What a lane does with a publication, beside sending it. */
    interface Clerk {
        /** The log has them. */
        void committed(List<Waiting> sent, List<Position> positions, boolean waited);

        /** It is not published: its publisher is told. */
        void failed(Waiting waiting, Throwable cause);

        /** It waits from now on. */
        void queued(Waiting waiting);

        /** A log that took no publications takes them again: others may do so too. */
        void healed();
    }

    private final LogId log;
    private final Hub hub;
    private final Sending sending;
    private final QueueRoom room;
    private final PublishHealth health;
    private final Clerk clerk;

    // guarded by this
    private final OutboxQueue queue = new OutboxQueue();
    private State state = State.PASSING;
    private long lastNumber;
    /** Publications that went straight to the adapter and have no answer yet: what waits goes behind them. */
    private int underway;
    /** Attempts in a row that failed. */
    private int failures;
    /** The backend answers, and takes no writes. */
    private boolean refused;

    private boolean retries;

    // guarded by the outbox
    /** Publications that are not yet answered. */
    int inside;

    OutboxLane(LogId log, Hub hub, Sending sending, QueueRoom room, PublishHealth health, Clerk clerk) {
        this.log = log;
        this.hub = hub;
        this.sending = sending;
        this.room = room;
        this.health = health;
        this.clerk = clerk;
    }

    LogId log() {
        return log;
    }

    void publish(Waiting waiting) {
        boolean passes;
        boolean copied;
        RuntimeException refusal = null;
        synchronized (this) {
            waiting.number = ++lastNumber;
            passes = state == State.PASSING && hub.flows();
            copied = hub.isDown() || refused;
            if (passes) {
                goes(waiting);
            } else {
                refusal = enqueue(waiting);
            }
        }
        if (passes) {
            attempt(waiting);
        } else if (refusal != null) {
            clerk.failed(waiting, refusal);
        } else {
            release(waiting, copied);
            flush();
        }
    }

    /** The transport flows again: what waits need not wait longer. */
    void flows() {
        synchronized (this) {
            failures = 0;
        }
        flush();
    }

    void close() {
        synchronized (this) {
            state = State.CLOSED;
        }
    }

    /** Empties it. */
    List<Waiting> removeAll() {
        synchronized (this) {
            List<Waiting> all = queue.removeAll();
            all.forEach(each -> room.giveBack(each.accepted));
            return all;
        }
    }

    /** Publishes what waits, if the transport flows. What fails amid that is tried again later. */
    private void flush() {
        try {
            flushAll();
        } catch (RuntimeException | Error e) {
            brokenOff(e);
        }
    }

    private void flushAll() {
        while (true) {
            List<Waiting> batch = nextBatch();
            if (batch.isEmpty()) {
                return;
            }
            Attempt attempt = new Attempt(sending.now(), true, batch.size() == 1);
            CompletableFuture<Boolean> goesOn = sending.send(batch, attempt.begunNanos())
                    .handle((positions, failure) -> answered(batch, positions, failure, attempt));
            if (!goesOn.isDone()) {
                goesOn.whenComplete((more, broken) -> {
                    if (broken != null) {
                        brokenOff(broken);
                    } else if (more) {
                        flush();
                    }
                });
                return;
            }
            if (!goesOn.join()) {
                return;
            }
        }
    }

    /** What is still in the queue goes out again, under the same ids. */
    private void brokenOff(Throwable failure) {
        hub.failed(failure);
        synchronized (this) {
            if (state == State.FLUSHING) {
                rest();
            }
        }
        later();
    }

    private void attempt(Waiting waiting) {
        try {
            Attempt attempt = new Attempt(sending.now(), false, true);
            sending.send(List.of(waiting), attempt.begunNanos())
                    .whenComplete((positions, failure) -> settled(waiting, positions, failure, attempt));
        } catch (RuntimeException | Error e) {
            unsettled(waiting, e);
        }
    }

    private void settled(
            Waiting waiting, @Nullable List<Position> positions, @Nullable Throwable failure, Attempt attempt) {
        try {
            if (positions == null) {
                Throwable cause =
                        Standing.unwrapped(failure == null ? new IllegalStateException("no answer") : failure);
                if (!answered(waiting, cause, attempt)) {
                    return;
                }
            } else {
                clerk.committed(List.of(waiting), positions, false);
                health.written(log);
            }
            if (left(waiting)) {
                flush();
            }
        } catch (RuntimeException | Error e) {
            unsettled(waiting, e);
        }
    }

    /** Something failed here, not there: its publisher hears of that, unless it has its answer. */
    private void unsettled(Waiting waiting, Throwable failure) {
        hub.failed(failure);
        boolean flushes = left(waiting);
        clerk.failed(waiting, failure);
        if (flushes) {
            flush();
        }
    }

    /** Its lock. It is on its way: what waits goes behind it. */
    private void goes(Waiting waiting) {
        waiting.underway = true;
        underway++;
    }

    /** It is on its way no more. Returns whether what waits may follow. Idempotent. */
    private synchronized boolean left(Waiting waiting) {
        if (waiting.underway) {
            waiting.underway = false;
            underway--;
        }
        return underway == 0 && state == State.WAITING;
    }

    /** Whether its publisher has an answer; else it waits after all. */
    private boolean answered(Waiting waiting, Throwable failure, Attempt attempt) {
        health.failed(log, failure);
        Standing.Next next = waiting.standing.after(failure, attempt);
        if (next instanceof Standing.Next.Again again) {
            waitsAfterAll(waiting, again);
            return false;
        }
        clerk.failed(waiting, ((Standing.Next.Fails) next).cause());
        return true;
    }

    private void waitsAfterAll(Waiting waiting, Standing.Next.Again again) {
        RuntimeException refusal;
        synchronized (this) {
            left(waiting);
            waiting.standing = again.standing();
            refused |= again.copied();
            refusal = enqueue(waiting);
            failures++;
        }
        if (refusal == null) {
            release(waiting, again.copied());
        } else {
            clerk.failed(waiting, refusal);
        }
        later();
    }

    private List<Waiting> nextBatch() {
        Map<Waiting, PublicationInDoubtException> late = new LinkedHashMap<>();
        List<Waiting> batch;
        synchronized (this) {
            boolean goes = state == State.WAITING && underway == 0 && hub.flows();
            batch = goes ? queue.firstBatch() : List.of();
            for (Waiting each : batch) {
                PublicationInDoubtException expired = each.standing.expired(sending.now(), sending.window());
                if (expired != null) {
                    late.put(each, expired);
                    remove(each);
                }
            }
            batch = late.isEmpty() ? batch : queue.firstBatch();
            if (!batch.isEmpty()) {
                state = State.FLUSHING;
            } else if (state == State.WAITING && queue.isEmpty()) {
                state = State.PASSING;
            }
        }
        late.forEach(clerk::failed);
        return batch;
    }

    /** As {@link #flushed}; who is not in the queue any more has an answer, whatever fails. */
    private boolean answered(
            List<Waiting> sent, @Nullable List<Position> positions, @Nullable Throwable failure, Attempt attempt) {
        try {
            return flushed(sent, positions, failure, attempt);
        } catch (RuntimeException | Error e) {
            for (Waiting each : sent) {
                if (!holds(each)) {
                    clerk.failed(each, e);
                }
            }
            throw e;
        }
    }

    private synchronized boolean holds(Waiting waiting) {
        return queue.holds(List.of(waiting));
    }

    /** Returns whether the next batch may follow at once. */
    private boolean flushed(
            List<Waiting> sent, @Nullable List<Position> positions, @Nullable Throwable failed, Attempt attempt) {
        if (positions != null) {
            return taken(sent, positions);
        }
        Throwable failure = Standing.unwrapped(failed == null ? new IllegalStateException("no answer") : failed);
        health.failed(log, failure);
        boolean passing = Standing.isPassing(failure);
        if (failure instanceof WritesRefusedException) {
            sent.stream()
                    .filter(each -> each.standing instanceof Standing.Unsent)
                    .forEach(this::copy);
        }
        List<Waiting> given = passing ? retried(sent, failure, attempt) : refused(sent);
        for (Waiting each : given) {
            Standing.Next next = each.standing.after(failure, attempt);
            clerk.failed(each, next instanceof Standing.Next.Fails fails ? fails.cause() : failure);
        }
        if (passing) {
            later();
        }
        return !passing;
    }

    /** The log has them. Returns whether the next batch may follow at once. */
    private boolean taken(List<Waiting> sent, List<Position> positions) {
        boolean healed;
        boolean held = false;
        try {
            synchronized (this) {
                held = queue.holds(sent);
                if (!held) {
                    return false; // closed, and they have been told
                }
                healed = refused;
                failures = 0;
                refused = false;
                sent.forEach(this::remove);
                queue.answered();
                rest();
            }
        } finally {
            if (held) {
                clerk.committed(sent, positions, true);
            }
        }
        health.written(log);
        if (healed) {
            clerk.healed();
        }
        return true;
    }

    /** They wait on. Returns those that do not, because they were sent too often. */
    private synchronized List<Waiting> retried(List<Waiting> sent, Throwable failure, Attempt attempt) {
        List<Waiting> givenUp = new ArrayList<>();
        failures++;
        if (!queue.holds(sent)) {
            return givenUp;
        }
        for (Waiting each : sent) {
            if (each.standing.after(failure, attempt) instanceof Standing.Next.Again again) {
                each.standing = again.standing();
                refused |= again.copied();
            } else {
                givenUp.add(each);
                remove(each);
            }
        }
        if (failure instanceof TransportUnavailableException unavailable && !unavailable.isNotSent()) {
            queue.goInSmaller(sent.size());
        }
        rest();
        return givenUp;
    }

    /** Several that were refused together are to get an answer each; one alone has it. */
    private synchronized List<Waiting> refused(List<Waiting> sent) {
        if (!queue.holds(sent)) {
            return List.of();
        }
        if (sent.size() > 1) {
            queue.goOneByOne(sent.size());
        } else {
            remove(sent.get(0));
        }
        rest();
        return sent.size() > 1 ? List.of() : sent;
    }

    /** Its lock. */
    private void remove(Waiting waiting) {
        if (waiting.takesRoom) {
            room.giveBack(waiting.accepted);
            waiting.takesRoom = false;
        }
        queue.remove(waiting); // last: what fails here is done again as long as it is in the queue
    }

    /** Its lock. */
    private void rest() {
        if (state != State.CLOSED) {
            state = queue.isEmpty() ? State.PASSING : State.WAITING;
        }
        refused &= state == State.WAITING;
    }

    /** Its lock. Returns why it may not wait, or null. */
    private @Nullable RuntimeException enqueue(Waiting waiting) {
        if (state == State.CLOSED) {
            return closed();
        }
        try {
            room.take(waiting.accepted);
        } catch (QueueFullException full) {
            return full;
        }
        boolean added = false;
        try {
            queue.add(waiting);
            waiting.takesRoom = true;
            added = true;
        } finally {
            if (!added) {
                room.giveBack(waiting.accepted);
            }
        }
        state = state == State.PASSING ? State.WAITING : state;
        return null;
    }

    /** From now on it may be published. */
    private void release(Waiting waiting, boolean copied) {
        try {
            if (copied) {
                copy(waiting);
            }
        } finally {
            synchronized (this) {
                waiting.ready = true;
            }
        }
        clerk.queued(waiting);
        waiting.publication.accepted().complete(Acceptance.QUEUED);
    }

    /** Local subscribers get it before the log has it, once. Not while it may be on its way to the log. */
    private void copy(Waiting waiting) {
        if (!waiting.copied) {
            waiting.copied = true;
            hub.provisional(waiting.accepted.envelopes());
        }
    }

    /** Tries again: soon, and the more seldom the longer it fails. */
    private void later() {
        Duration pause;
        synchronized (this) {
            if (retries) {
                return;
            }
            retries = true;
            long most = Math.min(SELDOM.toMillis(), SOON.toMillis() << Math.min(failures - 1, 10));
            pause = failures <= 1
                    ? SOON
                    : Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
        }
        boolean planned = false;
        try {
            hub.later(this::again, pause);
            planned = true;
        } finally {
            if (!planned) {
                synchronized (this) {
                    retries = false;
                }
            }
        }
    }

    private void again() {
        synchronized (this) {
            retries = false;
        }
        flush();
    }

    static TransportUnavailableException closed() {
        return new TransportUnavailableException("closed before the transport came back", null);
    }
}
