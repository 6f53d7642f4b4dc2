package dev.realtime.transport.redis.internal.publish;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Refusal;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.redis.internal.log.Acknowledged;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends publications on. A lane for each organisation has one call under way; what comes meanwhile waits and goes
 * with the next call, all together. So the order of publishing holds whatever happens to a call. When one has no
 * answer, what waits behind it fails too: the caller has waited long enough. What Redis refuses concerns nobody else.
 * Thread-safe.
 */
public final class PublishLanes implements AutoCloseable {
    private static final int MAX_EVENTS = 1_000;
    private static final int MAX_WEIGHT = 1 << 20;

    private final Supplier<Session> session;
    private final AppendScript script;
    private final Acknowledged acknowledged;

    // Guarded by this.
    private final Map<String, Deque<Waiting>> lanes = new HashMap<>();
    private boolean closed;

    /**
     * A publication.
     *
     * @param group its events
     * @param isFirst whether it is its first attempt
     * @param alone whether it was refused together with others: it is to have an answer of its own
     */
    private record Waiting(
            AppendScript.Group group, boolean isFirst, boolean alone, CompletableFuture<List<Position>> done) {
        int weight() {
            return group.events().stream().mapToInt(Envelope::weight).sum();
        }

        Waiting byItself() {
            return new Waiting(group, isFirst, true, done);
        }
    }

    /** @param session the current one; throws {@link TransportUnavailableException} if there is none */
    public PublishLanes(Supplier<Session> session, AppendScript script, Acknowledged acknowledged) {
        this.acknowledged = acknowledged;
        this.session = session;
        this.script = script;
    }

    /**
     * Appends events of one organisation, all or none. Never blocks.
     *
     * @param age how long ago the first attempt was begun
     */
    public CompletableFuture<List<Position>> publish(String orgId, List<Envelope> events, Duration age) {
        AppendScript.Group group = new AppendScript.Group(events, System.nanoTime() - age.toNanos());
        Waiting publication = new Waiting(group, age.isZero(), false, new CompletableFuture<>());
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(closed());
            }
            Deque<Waiting> lane = lanes.get(orgId);
            if (lane != null) {
                lane.add(publication);
                return publication.done();
            }
            lanes.put(orgId, new ArrayDeque<>());
        }
        send(orgId, List.of(publication));
        return publication.done();
    }

    private void send(String orgId, List<Waiting> batch) {
        try {
            call(orgId, batch.stream().map(Waiting::group).toList())
                    .whenComplete((outcomes, failure) -> answered(orgId, batch, outcomes, failure));
        } catch (RuntimeException | Error e) {
            brokenOff(orgId, batch, e);
        }
    }

    private void answered(
            String orgId,
            List<Waiting> batch,
            @Nullable List<AppendScript.Outcome> outcomes,
            @Nullable Throwable failure) {
        try {
            if (outcomes != null) {
                complete(orgId, batch, outcomes);
                goOn(orgId);
                return;
            }
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof PublicationRefusedException refused) {
                refused(orgId, batch, refused);
                goOn(orgId);
                return;
            }
            List<Waiting> behind = abandon(orgId);
            fail(batch, cause);
            fail(
                    behind,
                    cause instanceof TransportUnavailableException
                            ? TransportUnavailableException.notSent(String.valueOf(cause.getMessage()), cause)
                            : cause);
        } catch (RuntimeException | Error e) {
            brokenOff(orgId, batch, e);
        }
    }

    /** Something failed here, not there: nobody may wait for ever, and the ids make a second attempt safe. */
    private void brokenOff(String orgId, List<Waiting> batch, Throwable failure) {
        String line = "redis: publishing failed unexpectedly";
        List<Waiting> behind = abandon(orgId);
        fail(batch, new TransportUnavailableException(line, failure)); // those that have no answer yet
        fail(behind, TransportUnavailableException.notSent(line, failure));
    }

    /** One whose caller does not take its answer well keeps it from nobody else. */
    private static void fail(List<Waiting> publications, @Nullable Throwable failure) {
        Throwable told = failure == null ? new TransportUnavailableException("redis: no answer", null) : failure;
        for (Waiting each : publications) {
            try {
                each.done().completeExceptionally(told);
            } catch (RuntimeException | Error e) {
                each.done().completeExceptionally(e);
            }
        }
    }

    private CompletableFuture<List<AppendScript.Outcome>> call(String orgId, List<AppendScript.Group> groups) {
        Session now;
        try {
            now = session.get();
        } catch (TransportUnavailableException e) {
            return CompletableFuture.failedFuture(
                    TransportUnavailableException.notSent(String.valueOf(e.getMessage()), e));
        }
        try {
            return script.append(now, orgId, groups)
                    .exceptionally(failure -> {
                        throw now.failed(orgId, failure);
                    })
                    .thenApply(outcomes -> remembered(orgId, outcomes, now));
        } catch (RuntimeException e) { // what it refuses by itself is an answer too
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Of several, each is sent again by itself, unless it is their log that is refused. */
    private void refused(String orgId, List<Waiting> batch, PublicationRefusedException refused) {
        if (batch.size() == 1 || refused.concernsLog()) {
            batch.forEach(each -> each.done().completeExceptionally(refused));
            return;
        }
        synchronized (this) {
            Deque<Waiting> lane = lanes.computeIfAbsent(orgId, id -> new ArrayDeque<>());
            for (int i = batch.size() - 1; i >= 0; i--) {
                lane.addFirst(batch.get(i).byItself());
            }
        }
    }

    private void goOn(String orgId) {
        List<Waiting> next = next(orgId);
        if (!next.isEmpty()) {
            send(orgId, next);
        }
    }

    /** Before anybody is told. */
    private List<AppendScript.Outcome> remembered(String orgId, List<AppendScript.Outcome> outcomes, Session on) {
        for (AppendScript.Outcome outcome : outcomes) {
            if (outcome instanceof AppendScript.Outcome.Appended appended) {
                acknowledged.add(orgId, appended.positions(), on);
            }
        }
        return outcomes;
    }

    private static void complete(String orgId, List<Waiting> batch, List<AppendScript.Outcome> outcomes) {
        for (int i = 0; i < batch.size(); i++) {
            CompletableFuture<List<Position>> done = batch.get(i).done();
            AppendScript.Outcome outcome = outcomes.get(i);
            if (outcome instanceof AppendScript.Outcome.Appended appended) {
                done.complete(appended.positions());
            } else if (outcome instanceof AppendScript.Outcome.Conflict conflict) {
                done.completeExceptionally(new EventConflictException(conflict.eventId()));
            } else if (outcome instanceof AppendScript.Outcome.Refused refused) {
                done.completeExceptionally(refused(orgId, refused.said()));
            } else {
                done.completeExceptionally(late(batch.get(i)));
            }
        }
    }

    /** Redis would not look up one of its ids. */
    private static RuntimeException refused(String orgId, String said) {
        Refusal refusal = Refusal.of(said);
        return refusal.isPassing()
                ? new WritesRefusedException("redis: " + refusal.words() + " (" + refusal.code() + ")", null)
                : new PublicationRefusedException(
                        "redis: organisation " + orgId + ": the key of an event's id holds something else ("
                                + refusal.code() + ")",
                        false,
                        null);
    }

    /** The first attempt can only be late by a clock that jumped. Its answer has told what the clock says now. */
    private static RuntimeException late(Waiting waiting) {
        return waiting.isFirst()
                ? TransportUnavailableException.notSent(
                        "redis: too late by the server's clock; nothing was appended", null)
                : new PublicationInDoubtException(
                        "redis: an earlier attempt may have been appended and have left the replay window", null);
    }

    /** What waits, up to the size of a call; if nothing does, the lane ends. */
    private synchronized List<Waiting> next(String orgId) {
        Deque<Waiting> lane = lanes.getOrDefault(orgId, new ArrayDeque<>());
        List<Waiting> batch = new ArrayList<>();
        int events = 0;
        int weight = 0;
        for (Waiting first : lane) {
            events += first.group().events().size();
            weight += first.weight();
            if (!batch.isEmpty() && (first.alone() || events > MAX_EVENTS || weight > MAX_WEIGHT)) {
                break;
            }
            batch.add(first);
            if (first.alone()) {
                break;
            }
        }
        batch.forEach(each -> lane.remove()); // once all are found: what throws before takes nobody out
        if (batch.isEmpty()) {
            end(orgId);
        }
        return batch;
    }

    private synchronized List<Waiting> abandon(String orgId) {
        Deque<Waiting> lane = lanes.get(orgId);
        end(orgId);
        return lane == null ? List.of() : List.copyOf(lane);
    }

    private synchronized void end(String orgId) {
        lanes.remove(orgId);
        notifyAll();
    }

    /** Takes nothing more, gives what is under way a bounded time, and fails the rest. */
    @Override
    public void close() {
        List<Waiting> rest = new ArrayList<>();
        synchronized (this) {
            closed = true;
            awaitEmpty();
            lanes.values().forEach(rest::addAll);
            lanes.values().forEach(Deque::clear);
        }
        rest.forEach(each -> each.done().completeExceptionally(closed()));
    }

    private synchronized void awaitEmpty() {
        long until = System.nanoTime() + Timing.CLOSE.toNanos();
        try {
            for (long left = Timing.CLOSE.toNanos(); !lanes.isEmpty() && left > 0; left = until - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static TransportUnavailableException closed() {
        return new TransportUnavailableException("redis: closed", null);
    }
}
