package dev.realtime.transport.memory;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** An adapter and the sink behind it, passed through: what a mutant overrides, it breaks. */
class ForwardingAdapter implements PubSubAdapter, ClaimsKeys {
    final PubSubAdapter adapter;
    volatile DeliverySink sink;

    ForwardingAdapter(PubSubAdapter adapter) {
        this.adapter = adapter;
    }

    @Override
    public void start(DeliverySink sink) {
        this.sink = sink;
        adapter.start(new DeliverySink() {
            @Override
            public void started(LogId log, Position through) {
                ForwardingAdapter.this.started(log, through);
            }

            @Override
            public void deliver(LogId log, List<LogEntry> entries, Position through) {
                ForwardingAdapter.this.deliver(log, entries, through);
            }

            @Override
            public void gap(LogId log, LogPage.Gap gap) {
                sink.gap(log, gap);
            }

            @Override
            public void status(TransportStatus status) {
                sink.status(status);
            }
        });
    }

    void started(LogId log, Position through) {
        sink.started(log, through);
    }

    void deliver(LogId log, List<LogEntry> entries, Position through) {
        sink.deliver(log, entries, through);
    }

    @Override
    public LogId logOf(String orgId) {
        return adapter.logOf(orgId);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        return adapter.publish(events);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        return age.isZero() ? publish(events) : adapter.publish(events, age);
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        return adapter.read(orgId, after, maxEvents);
    }

    @Override
    public LogRange range(String orgId) {
        return adapter.range(orgId);
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        return ((ClaimsKeys) adapter).claim(key, ttl);
    }

    @Override
    public TransportStatus status() {
        return adapter.status();
    }

    @Override
    public void close() {
        adapter.close();
    }
}
