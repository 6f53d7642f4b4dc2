package dev.realtime.transport.internal;

import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.EventIntake.Accepted;
import dev.realtime.transport.internal.OutboxQueue.Waiting;
import dev.realtime.transport.internal.hub.Hub;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * What goes out. Each log has an {@link OutboxLane} of its own, so that one that cannot be written holds up no other.
 * Thread-safe; never blocks.
 */
final class Outbox {
    private final PubSubAdapter adapter;
    private final Hub hub;
    private final Turnstile turnstile;
    private final PublishHealth health;
    private final Sending sending;
    private final QueueRoom room = new QueueRoom();
    private final Clerk clerk = new Clerk();
    private final AtomicBoolean flushes = new AtomicBoolean();
    private final LongAdder published = new LongAdder();
    private final LongAdder waited = new LongAdder();
    private final LongAdder onReturn = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** Those with publications that are not yet answered; changed by {@code compute} only. */
    private final Map<LogId, OutboxLane> lanes = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /** @param window how long the log recognises an event by its id */
    Outbox(PubSubAdapter adapter, Hub hub, Turnstile turnstile, PublishHealth health, Duration window) {
        this.turnstile = turnstile;
        this.adapter = adapter;
        this.hub = hub;
        this.health = health;
        this.sending = new Sending(adapter, window, System::nanoTime);
    }

    Publication publish(Accepted accepted) {
        LogId log = adapter.logOf(accepted.envelopes().get(0).orgId());
        boolean together = accepted.envelopes().stream()
                .allMatch(envelope -> adapter.logOf(envelope.orgId()).equals(log));
        if (!together) {
            SplitPublication split = SplitPublication.of(accepted, adapter::logOf);
            Publication whole = split.whole();
            QueueFullException full = hub.flows() ? null : room.refusal(accepted);
            if (full == null) {
                split.byLog().forEach(this::publish);
            } else {
                whole.accepted().completeExceptionally(full);
                whole.committed().completeExceptionally(full);
            }
            return whole;
        }
        Publication publication = new Publication(accepted.ids(), new CompletableFuture<>(), new CompletableFuture<>());
        publish(log, new Waiting(accepted, publication));
        return publication;
    }

    private void publish(LogId log, Waiting waiting) {
        OutboxLane entered = lanes.compute(log, (id, lane) -> {
            OutboxLane one = lane == null ? new OutboxLane(log, hub, sending, room, health, clerk) : lane;
            one.inside++;
            return one;
        });
        if (closed) {
            entered.close();
        }
        entered.publish(waiting);
    }

    /** Publishes what waits, if the transport flows. Called when it begins to. */
    void flush() {
        lanes.values().forEach(OutboxLane::flows);
    }

    int size() {
        return room.events();
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
                Measure.gauge("realtime.queued.bytes", "The same in bytes, about", room::bytes),
                Measure.counter("realtime.queue.entered", "Events that had to wait for the transport", waited::sum),
                Measure.counter("realtime.queue.published", "Events of these that were committed", onReturn::sum),
                Measure.counter("realtime.refused", "Events refused because a queue was full", refused::sum),
                Measure.counter("realtime.publish.failed", "Events that failed for any other reason", failed::sum));
    }

    void stopAccepting() {
        closed = true;
        lanes.values().forEach(OutboxLane::close);
    }

    void failWaiting() {
        List<Waiting> left = new ArrayList<>();
        lanes.values().forEach(lane -> left.addAll(lane.removeAll()));
        left.forEach(waiting -> clerk.failed(waiting, OutboxLane.closed()));
    }

    /** What comes of publications, beside their way. */
    private final class Clerk implements OutboxLane.Clerk {
        @Override
        public void committed(List<Waiting> sent, List<Position> positions, boolean hadWaited) {
            try {
                int from = 0;
                for (Waiting waiting : sent) {
                    int to = from + waiting.accepted.envelopes().size();
                    committed(waiting, positions.subList(from, to));
                    from = to;
                }
            } catch (RuntimeException | Error e) {
                hub.failed(e);
                sent.forEach(waiting -> fail(waiting, e)); // those that have no answer yet
            }
            published.add(positions.size());
            if (hadWaited) {
                onReturn.add(positions.size());
            }
        }

        private void committed(Waiting waiting, List<Position> positions) {
            answer(waiting, true, () -> {
                waiting.publication.accepted().complete(Acceptance.COMMITTED);
                waiting.publication.committed().complete(waiting.accepted.published(positions));
            });
        }

        @Override
        public void failed(Waiting waiting, Throwable cause) {
            boolean makesRoom = !(cause instanceof QueueFullException);
            answer(waiting, makesRoom, () -> fail(waiting, cause));
            if (makesRoom) {
                failed.add(waiting.accepted.envelopes().size());
            }
        }

        /** Whatever fails here: its publisher gets an answer. */
        private void answer(Waiting waiting, boolean makesRoom, Runnable answer) {
            try {
                if (makesRoom) {
                    turnstile.left();
                }
                leaves(waiting);
                turnstile.answer(answer);
            } catch (RuntimeException | Error e) {
                hub.failed(e);
                fail(waiting, e);
            }
        }

        private static void fail(Waiting waiting, Throwable cause) {
            waiting.publication.accepted().completeExceptionally(cause);
            waiting.publication.committed().completeExceptionally(cause);
        }

        @Override
        public void queued(Waiting waiting) {
            waited.add(waiting.accepted.envelopes().size());
        }

        @Override
        public void healed() {
            if (flushes.compareAndSet(false, true)) {
                hub.later(
                        () -> {
                            flushes.set(false);
                            flush();
                        },
                        Duration.ZERO);
            }
        }

        /** A lane without publications is forgotten. */
        private void leaves(Waiting waiting) {
            LogId log = adapter.logOf(waiting.accepted.envelopes().get(0).orgId());
            lanes.computeIfPresent(log, (id, lane) -> {
                lane.inside -= waiting.gone ? 0 : 1;
                waiting.gone = true;
                return lane.inside == 0 ? null : lane;
            });
        }
    }
}
