package dev.realtime.transport.redis.internal;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.Position;
import dev.realtime.transport.TransportUnavailableException;
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

/**
 * Sends publications on. A lane for each organisation has one call under way; what comes meanwhile waits and goes
 * with the next call, all together. So the order of publishing holds whatever happens to a call. When one fails,
 * what waits behind it fails too: the caller has waited long enough. Thread-safe.
 */
final class PublishLanes implements AutoCloseable {
    private static final int MAX_EVENTS = 1_000;
    private static final int MAX_WEIGHT = 1 << 20;

    private final Supplier<Session> session;
    private final AppendScript script;
    private final Acknowledged acknowledged;

    // Guarded by this.
    private final Map<String, Deque<Waiting>> lanes = new HashMap<>();
    private boolean closed;

    private record Waiting(List<Envelope> events, CompletableFuture<List<Position>> done) {
        int weight() {
            return events.stream().mapToInt(Envelope::weight).sum();
        }
    }

    /** @param session the current one; throws {@link TransportUnavailableException} if there is none */
    PublishLanes(Supplier<Session> session, AppendScript script, Acknowledged acknowledged) {
        this.acknowledged = acknowledged;
        this.session = session;
        this.script = script;
    }

    /** Appends events of one organisation, all or none. Never blocks. */
    CompletableFuture<List<Position>> publish(String orgId, List<Envelope> events) {
        Waiting publication = new Waiting(events, new CompletableFuture<>());
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
        List<List<Envelope>> publications = batch.stream().map(Waiting::events).toList();
        CompletableFuture<List<AppendScript.Outcome>> call;
        try {
            Session now = session.get();
            call = script.append(now, orgId, publications)
                    .exceptionally(failure -> {
                        throw now.failed(failure);
                    })
                    .thenApply(outcomes -> remembered(orgId, outcomes, now));
        } catch (RuntimeException e) {
            call = CompletableFuture.failedFuture(e);
        }
        call.whenComplete((outcomes, failure) -> {
            if (failure == null) {
                complete(batch, outcomes);
                List<Waiting> next = next(orgId);
                if (!next.isEmpty()) {
                    send(orgId, next);
                }
            } else {
                Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                List<Waiting> behind = abandon(orgId);
                batch.forEach(each -> each.done().completeExceptionally(cause));
                behind.forEach(each -> each.done().completeExceptionally(cause));
            }
        });
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

    private static void complete(List<Waiting> batch, List<AppendScript.Outcome> outcomes) {
        for (int i = 0; i < batch.size(); i++) {
            CompletableFuture<List<Position>> done = batch.get(i).done();
            if (outcomes.get(i) instanceof AppendScript.Outcome.Appended appended) {
                done.complete(appended.positions());
            } else if (outcomes.get(i) instanceof AppendScript.Outcome.Conflict conflict) {
                done.completeExceptionally(new EventConflictException(conflict.eventId()));
            }
        }
    }

    /** What waits, up to the size of a call; if nothing does, the lane ends. */
    private synchronized List<Waiting> next(String orgId) {
        Deque<Waiting> lane = lanes.getOrDefault(orgId, new ArrayDeque<>());
        List<Waiting> batch = new ArrayList<>();
        int events = 0;
        int weight = 0;
        for (Waiting first = lane.peek(); first != null; first = lane.peek()) {
            events += first.events().size();
            weight += first.weight();
            if (!batch.isEmpty() && (events > MAX_EVENTS || weight > MAX_WEIGHT)) {
                break;
            }
            batch.add(lane.remove());
        }
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
