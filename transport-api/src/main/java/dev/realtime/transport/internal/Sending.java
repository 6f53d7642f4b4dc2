package dev.realtime.transport.internal;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.OutboxQueue.Waiting;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** Hands publications to the adapter, with the age of their first attempt. Thread-safe. */
final class Sending {
    private final PubSubAdapter adapter;
    private final Duration window;
    private final LongSupplier nanos;

    Sending(PubSubAdapter adapter, Duration window, LongSupplier nanos) {
        this.adapter = adapter;
        this.window = window;
        this.nanos = nanos;
    }

    long now() {
        return nanos.getAsLong();
    }

    /** How long the log recognises an event by its id. */
    Duration window() {
        return window;
    }

    /** Fails with what the adapter throws, and if it does not answer for each event. */
    CompletableFuture<List<Position>> send(List<Waiting> batch, long now) {
        try {
            List<Envelope> envelopes = batch.stream()
                    .flatMap(waiting -> waiting.accepted.envelopes().stream())
                    .toList();
            long age = 0;
            for (Waiting each : batch) {
                age = Math.max(age, now - each.standing.firstSent(now));
            }
            return adapter.publish(envelopes, Duration.ofNanos(age)).thenApply(positions -> {
                if (positions.size() != envelopes.size()) {
                    throw new IllegalStateException(
                            positions.size() + " positions for " + envelopes.size() + " events");
                }
                return positions;
            });
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
