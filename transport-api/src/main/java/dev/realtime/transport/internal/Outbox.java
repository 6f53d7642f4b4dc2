package dev.realtime.transport.internal;

import dev.realtime.transport.Position;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.Published;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.internal.EventIntake.Accepted;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.spi.PubSubAdapter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What goes out. While the transport flows, a publication goes straight to the adapter. While it does not, local
 * subscribers get a provisional copy and the publication waits in a bounded queue, to be published in order when the
 * transport returns. Thread-safe; never blocks.
 */
final class Outbox {
    /** Most events that may wait. */
    static final int MAX_EVENTS = 10_000;
    /** Most bytes that may wait, about. */
    static final long MAX_BYTES = 64L << 20;

    /** PASSING: nothing waits. WAITING: for the transport. FLUSHING: the first of the queue is on its way. */
    private enum State {
        PASSING,
        WAITING,
        FLUSHING,
        CLOSED
    }

    private record Waiting(Accepted accepted, Publication publication) {}

    private final PubSubAdapter adapter;
    private final Hub hub;
    private final LongAdder published = new LongAdder();

    // guarded by this
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private State state = State.PASSING;
    private int queuedEvents;
    private long queuedBytes;

    Outbox(PubSubAdapter adapter, Hub hub) {
        this.adapter = adapter;
        this.hub = hub;
    }

    Publication publish(Accepted accepted) {
        Publication publication = new Publication(accepted.ids(), new CompletableFuture<>(), new CompletableFuture<>());
        Waiting waiting = new Waiting(accepted, publication);
        boolean passes;
        synchronized (this) {
            passes = state == State.PASSING && hub.flows();
        }
        if (passes) {
            attempt(waiting);
        } else if (enqueue(waiting)) {
            hub.provisional(accepted.envelopes());
            publication.accepted().complete(Acceptance.QUEUED);
            flush();
        }
        return publication;
    }

    /** Publishes what waits, if the transport flows. Called when it begins to, and after each failure. */
    void flush() {
        Waiting next;
        synchronized (this) {
            if (state != State.WAITING || !hub.flows()) {
                return;
            }
            next = queue.element();
            state = State.FLUSHING;
        }
        adapter.publish(next.accepted().envelopes())
                .whenComplete((positions, failure) -> flushed(next, positions, failure));
    }

    int size() {
        synchronized (this) {
            return queuedEvents;
        }
    }

    /** Events committed since the start. */
    long published() {
        return published.sum();
    }

    void stopAccepting() {
        synchronized (this) {
            state = State.CLOSED;
        }
    }

    void failWaiting() {
        List<Waiting> left;
        synchronized (this) {
            left = new ArrayList<>(queue);
            queue.clear();
            queuedEvents = 0;
            queuedBytes = 0;
        }
        left.forEach(waiting -> fail(waiting, closed()));
    }

    private void attempt(Waiting waiting) {
        adapter.publish(waiting.accepted().envelopes()).whenComplete((positions, failure) -> {
            if (failure == null) {
                complete(waiting, positions);
            } else if (!isUnavailable(failure)) {
                fail(waiting, failure);
            } else if (enqueue(waiting)) {
                // Whether the log has it is unknown, so no provisional copy: a subscriber could see it twice.
                waiting.publication().accepted().complete(Acceptance.QUEUED);
                hub.later(this::flush);
            }
        });
    }

    private void flushed(Waiting first, @Nullable List<Position> positions, @Nullable Throwable failure) {
        boolean retry = failure != null && isUnavailable(failure);
        synchronized (this) {
            if (state == State.CLOSED) {
                retry = false;
            } else if (retry) {
                state = State.WAITING;
            } else {
                queue.remove();
                queuedEvents -= first.accepted().envelopes().size();
                queuedBytes -= first.accepted().weight();
                state = queue.isEmpty() ? State.PASSING : State.WAITING;
            }
        }
        if (retry) {
            hub.later(this::flush);
            return;
        }
        if (positions != null) {
            complete(first, positions);
        } else if (failure != null) {
            fail(first, failure);
        }
        flush();
    }

    private boolean enqueue(Waiting waiting) {
        RuntimeException refusal;
        synchronized (this) {
            int events = waiting.accepted().envelopes().size();
            int bytes = waiting.accepted().weight();
            if (state == State.CLOSED) {
                refusal = closed();
            } else if (queuedEvents + events > MAX_EVENTS || queuedBytes + bytes > MAX_BYTES) {
                refusal = new QueueFullException("the transport is away and " + queuedEvents
                        + " events wait for it; at most " + MAX_EVENTS + " events or " + MAX_BYTES
                        + " bytes can. Retry later");
            } else {
                queue.add(waiting);
                queuedEvents += events;
                queuedBytes += bytes;
                state = state == State.PASSING ? State.WAITING : state;
                return true;
            }
        }
        fail(waiting, refusal);
        return false;
    }

    private void complete(Waiting waiting, List<Position> positions) {
        published.add(positions.size());
        List<Published> answers = waiting.accepted().answers().stream()
                .map(i -> new Published(waiting.accepted().envelopes().get(i).id(), positions.get(i)))
                .toList();
        waiting.publication().accepted().complete(Acceptance.COMMITTED);
        waiting.publication().committed().complete(answers);
    }

    private static void fail(Waiting waiting, Throwable failure) {
        Throwable cause = unwrapped(failure);
        waiting.publication().accepted().completeExceptionally(cause);
        waiting.publication().committed().completeExceptionally(cause);
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
