package dev.realtime.transport.internal;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.Measure;
import dev.realtime.transport.Position;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.internal.EventIntake.Accepted;
import dev.realtime.transport.internal.OutboxQueue.Waiting;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.spi.PubSubAdapter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What goes out. While the transport flows, a publication goes straight to the adapter. While it does not, local
 * subscribers get a provisional copy and the publication waits in a bounded queue, to be published in order when the
 * transport returns. What the adapter could not publish takes its place in that queue again, before all that was
 * published later. Thread-safe; never blocks; its lock is held for a few steps only, never while it calls others.
 */
final class Outbox {
    /** PASSING: nothing waits. WAITING: for the transport. FLUSHING: the first of the queue are on their way. */
    private enum State {
        PASSING,
        WAITING,
        FLUSHING,
        CLOSED
    }

    private final PubSubAdapter adapter;
    private final Hub hub;
    private final Turnstile turnstile;
    private final LongAdder published = new LongAdder();
    private final LongAdder waited = new LongAdder();
    private final LongAdder onReturn = new LongAdder();
    private final LongAdder refused = new LongAdder();

    // guarded by this
    private final OutboxQueue queue = new OutboxQueue();
    private State state = State.PASSING;
    private long lastNumber;
    /** Publications that went straight to the adapter and have no answer yet: what waits goes behind them. */
    private int underway;

    Outbox(PubSubAdapter adapter, Hub hub, Turnstile turnstile) {
        this.turnstile = turnstile;
        this.adapter = adapter;
        this.hub = hub;
    }

    Publication publish(Accepted accepted) {
        Publication publication = new Publication(accepted.ids(), new CompletableFuture<>(), new CompletableFuture<>());
        Waiting waiting = new Waiting(accepted, publication);
        boolean passes;
        RuntimeException refusal = null;
        synchronized (this) {
            waiting.number = ++lastNumber;
            passes = state == State.PASSING && hub.flows();
            if (passes) {
                underway++;
            } else {
                refusal = enqueue(waiting);
            }
        }
        if (passes) {
            attempt(waiting);
        } else if (refusal != null) {
            fail(waiting, refusal);
        } else {
            if (hub.isDown()) {
                hub.provisional(accepted.envelopes());
            }
            release(waiting);
            flush();
        }
        return publication;
    }

    /** Publishes what waits, if the transport flows. Called when it begins to, and after each failure. */
    void flush() {
        while (true) {
            List<Waiting> batch = nextBatch();
            if (batch.isEmpty()) {
                return;
            }
            CompletableFuture<Boolean> goesOn =
                    send(batch).handle((positions, failure) -> flushed(batch, positions, failure));
            if (!goesOn.isDone()) {
                goesOn.thenAccept(more -> {
                    if (more) {
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

    int size() {
        synchronized (this) {
            return queue.events();
        }
    }

    /** Events committed since the start. */
    long published() {
        return published.sum();
    }

    /** Counts a publication whose first answer has been given: refused or not. */
    Publication counted(Publication publication, Accepted accepted) {
        if (Turnstile.isRefused(publication)) {
            refused.add(accepted.envelopes().size());
        }
        return publication;
    }

    List<Measure> measures() {
        return List.of(
                Measure.gauge("realtime.queued.events", "Events that wait for the transport", this::size),
                Measure.gauge("realtime.queued.bytes", "The same in bytes, about", () -> {
                    synchronized (this) {
                        return queue.bytes();
                    }
                }),
                Measure.counter("realtime.queue.entered", "Events that had to wait for the transport", waited::sum),
                Measure.counter("realtime.queue.published", "Events of these that were committed", onReturn::sum),
                Measure.counter("realtime.refused", "Events refused because a queue was full", refused::sum));
    }

    void stopAccepting() {
        synchronized (this) {
            state = State.CLOSED;
        }
    }

    void failWaiting() {
        List<Waiting> left;
        synchronized (this) {
            left = queue.removeAll();
        }
        left.forEach(waiting -> fail(waiting, closed()));
    }

    private void attempt(Waiting waiting) {
        send(List.of(waiting)).whenComplete((positions, failure) -> {
            if (failure != null && isUnavailable(failure)) {
                waitsAfterAll(waiting);
                return;
            }
            boolean flushes;
            synchronized (this) {
                underway--;
                flushes = underway == 0 && state == State.WAITING;
            }
            if (failure == null) {
                complete(List.of(waiting), positions);
            } else {
                fail(waiting, failure);
            }
            if (flushes) {
                flush();
            }
        });
    }

    /** Whether the log has it is unknown, so no provisional copy: a subscriber could see it twice. */
    private void waitsAfterAll(Waiting waiting) {
        RuntimeException refusal;
        synchronized (this) {
            underway--;
            refusal = enqueue(waiting);
        }
        if (refusal == null) {
            release(waiting);
        } else {
            fail(waiting, refusal);
        }
        hub.later(this::flush);
    }

    /** Fails with what the adapter throws, and if it does not answer for each event. */
    private CompletableFuture<List<Position>> send(List<Waiting> batch) {
        List<Envelope> envelopes = batch.stream()
                .flatMap(waiting -> waiting.accepted.envelopes().stream())
                .toList();
        try {
            return adapter.publish(envelopes).thenApply(positions -> {
                if (positions.size() != envelopes.size()) {
                    throw new IllegalStateException(
                            positions.size() + " positions for " + envelopes.size() + " events");
                }
                return positions;
            });
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private synchronized List<Waiting> nextBatch() {
        List<Waiting> batch = state == State.WAITING && underway == 0 && hub.flows() ? queue.firstBatch() : List.of();
        if (!batch.isEmpty()) {
            state = State.FLUSHING;
        }
        return batch;
    }

    /** Returns whether the next batch may follow at once. */
    private boolean flushed(List<Waiting> sent, @Nullable List<Position> positions, @Nullable Throwable failure) {
        boolean unavailable = failure != null && isUnavailable(failure);
        boolean refusedTogether = failure != null && !unavailable && sent.size() > 1;
        synchronized (this) {
            if (state != State.CLOSED) {
                if (refusedTogether) {
                    queue.goOneByOne(sent.size());
                } else if (!unavailable) {
                    queue.removeFirst(sent.size());
                }
                state = queue.isEmpty() ? State.PASSING : State.WAITING;
            }
        }
        if (positions != null) {
            onReturn.add(positions.size());
            complete(sent, positions);
        } else if (unavailable) {
            hub.later(this::flush);
        } else if (failure != null && !refusedTogether) {
            fail(sent.get(0), failure);
        }
        return !unavailable;
    }

    /** Its lock. Returns why it may not wait, or null. */
    private @Nullable RuntimeException enqueue(Waiting waiting) {
        if (state == State.CLOSED) {
            return closed();
        }
        try {
            queue.add(waiting);
        } catch (QueueFullException full) {
            return full;
        }
        waited.add(waiting.accepted.envelopes().size());
        state = state == State.PASSING ? State.WAITING : state;
        return null;
    }

    /** From now on it may be published. */
    private void release(Waiting waiting) {
        synchronized (this) {
            waiting.ready();
        }
        waiting.publication.accepted().complete(Acceptance.QUEUED);
    }

    private void complete(List<Waiting> sent, List<Position> positions) {
        published.add(positions.size());
        int from = 0;
        for (Waiting waiting : sent) {
            int to = from + waiting.accepted.envelopes().size();
            List<Position> answer = positions.subList(from, to);
            turnstile.left();
            turnstile.answer(() -> {
                waiting.publication.accepted().complete(Acceptance.COMMITTED);
                waiting.publication.committed().complete(waiting.accepted.published(answer));
            });
            from = to;
        }
    }

    private void fail(Waiting waiting, Throwable failure) {
        Throwable cause = unwrapped(failure);
        if (!(cause instanceof QueueFullException)) {
            turnstile.left();
        }
        turnstile.answer(() -> {
            waiting.publication.accepted().completeExceptionally(cause);
            waiting.publication.committed().completeExceptionally(cause);
        });
    }

    private static boolean isUnavailable(Throwable failure) {
        return unwrapped(failure) instanceof TransportUnavailableException;
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static TransportUnavailableException closed() {
        return new TransportUnavailableException("closed before the transport came back", null);
    }
}
