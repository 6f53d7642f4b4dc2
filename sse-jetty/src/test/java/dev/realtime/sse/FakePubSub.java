package dev.realtime.sse;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Supervisor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** A front door whose every answer a test decides. */
final class FakePubSub implements PubSub {
    private final Supervisor supervisor = Supervisor.standard();
    final Queue<Delivery> waiting = new ConcurrentLinkedQueue<>();
    final AtomicInteger closedSubscriptions = new AtomicInteger();
    final CompletableFuture<Publication.Acceptance> accepted = new CompletableFuture<>();
    final CompletableFuture<List<dev.realtime.transport.Published>> committed = new CompletableFuture<>();
    final CompletableFuture<Position> position = new CompletableFuture<>();
    volatile Optional<KeyClaims> keyClaims = Optional.empty();
    volatile Runnable signal = () -> {};
    volatile Supplier<Delivery> polling = waiting::poll;

    void deliver(Delivery... deliveries) {
        waiting.addAll(List.of(deliveries));
        signal.run();
    }

    @Override
    public Publication publish(List<Event> events) {
        return new Publication(events.stream().map(Event::type).toList(), accepted, committed);
    }

    @Override
    public Subscription subscribe(SubscribeRequest request, Runnable signal) {
        this.signal = signal;
        return new Subscription() {
            @Override
            public Delivery poll() {
                return polling.get();
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
                closedSubscriptions.incrementAndGet();
            }
        };
    }

    @Override
    public CompletableFuture<Position> position(String orgId) {
        // Nobody is ever revoked.
        return orgId.equals(FieldRules.INSTANCES) ? new CompletableFuture<>() : position;
    }

    @Override
    public Optional<KeyClaims> keyClaims() {
        return keyClaims;
    }

    @Override
    public TransportStatus status() {
        return new TransportStatus(TransportStatus.State.DOWN, "a test", Instant.EPOCH);
    }

    @Override
    public Supervisor supervisor() {
        return supervisor;
    }

    @Override
    public String transportName() {
        return "fake";
    }

    @Override
    public String instance() {
        return "i-fake";
    }

    @Override
    public Stats stats() {
        return new Stats(0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void close() {}
}
