package dev.realtime.sse.internal.credential;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Supervisor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A front door that tells the newest of its subscriptions what a test says. Thread-safe. */
final class ScriptedLog implements PubSub {
    private final Supervisor supervisor = Supervisor.standard();
    final List<SubscribeRequest> requests = new CopyOnWriteArrayList<>();
    final List<Event> published = new CopyOnWriteArrayList<>();
    volatile TransportStatus.State state = TransportStatus.State.LIVE;
    volatile String epoch = "e";

    private volatile Queue<Delivery> waiting = new ConcurrentLinkedQueue<>();
    private volatile Runnable signal = () -> {};

    void tell(Delivery... deliveries) {
        waiting.addAll(List.of(deliveries));
        signal.run();
    }

    /** Tells this event as one of so long ago; provisional if it has no offset. */
    void tell(Event event, Duration ago, long offset) {
        Envelope envelope = new Envelope(
                String.valueOf(event.id()),
                event.orgId(),
                event.type(),
                event.topic(),
                Instant.now().minus(ago),
                event.payload(),
                null);
        tell(new Delivery.Received(envelope, offset == 0 ? null : new Position(epoch, offset, "abcdef"), 0));
    }

    @Override
    public Publication publish(List<Event> events) {
        published.addAll(events);
        return new Publication(
                events.stream().map(event -> String.valueOf(event.id())).toList(),
                new CompletableFuture<>(),
                new CompletableFuture<>());
    }

    @Override
    public Subscription subscribe(SubscribeRequest request, Runnable signal) {
        Queue<Delivery> own = new ConcurrentLinkedQueue<>();
        this.waiting = own;
        this.signal = signal;
        requests.add(request);
        return new Subscription() {
            @Override
            public Delivery poll() {
                return own.poll();
            }

            @Override
            public boolean mark() {
                return false;
            }

            @Override
            public long waitingBytes() {
                return 0;
            }

            @Override
            public void close() {
                own.clear();
            }
        };
    }

    @Override
    public CompletableFuture<Position> position(String orgId) {
        return state.flows()
                ? CompletableFuture.completedFuture(new Position(epoch, 7, "abcdef"))
                : CompletableFuture.failedFuture(new TransportUnavailableException("away", null));
    }

    /** So that what is older than 10 s is said again. */
    @Override
    public Duration replayWindow() {
        return Duration.ofSeconds(40);
    }

    @Override
    public TransportStatus status() {
        return new TransportStatus(state, null, Instant.EPOCH);
    }

    @Override
    public Supervisor supervisor() {
        return supervisor;
    }

    @Override
    public String transportName() {
        return "scripted";
    }

    @Override
    public String instance() {
        return "i-scripted";
    }

    @Override
    public Stats stats() {
        return new Stats(0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void close() {}
}
