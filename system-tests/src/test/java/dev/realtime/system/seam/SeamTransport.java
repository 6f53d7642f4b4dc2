package dev.realtime.system.seam;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.memory.MemoryAdapterProvider;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The memory transport, which goes away and comes back as it is told. One for each woven world. Thread-safe. */
public final class SeamTransport implements PubSubAdapter, ClaimsKeys {
    private static volatile SeamTransport only;

    private final PubSubAdapter memory;
    private volatile DeliverySink sink;
    private volatile TransportStatus away;

    private SeamTransport(PubSubAdapter memory) {
        this.memory = memory;
    }

    /** The name is {@code seam}. */
    public static final class Provider implements PubSubAdapterProvider {
        @Override
        public String name() {
            return "seam";
        }

        @Override
        public Set<SettingKey> settings() {
            return Set.of();
        }

        @Override
        public PubSubAdapter create(Settings settings, AdapterContext context) {
            only = new SeamTransport(new MemoryAdapterProvider().create(settings, context));
            return only;
        }
    }

    /** That of this world. */
    public static SeamTransport here() {
        return only;
    }

    /** What a loop under supervision would do: it tells until it has been told. */
    public void away(boolean isAway) {
        away = isAway ? new TransportStatus(State.DOWN, "told to", Instant.now()) : null;
        boolean told = false;
        for (int attempt = 0; !told && attempt < 3; attempt++) {
            try {
                sink.status(status());
                told = true;
            } catch (RuntimeException | Error e) {
                told = false;
            }
        }
    }

    private void requireThere() {
        if (away != null) {
            throw new TransportUnavailableException("told to be away", null);
        }
    }

    @Override
    public void start(DeliverySink hub) {
        sink = new OneAtATime(hub);
        memory.start(sink);
    }

    @Override
    public LogId logOf(String orgId) {
        return memory.logOf(orgId);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        try {
            requireThere();
        } catch (TransportUnavailableException e) {
            return CompletableFuture.failedFuture(e);
        }
        return memory.publish(events);
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        requireThere();
        return memory.read(orgId, after, maxEvents);
    }

    @Override
    public LogRange range(String orgId) {
        requireThere();
        return memory.range(orgId);
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        requireThere();
        return ((ClaimsKeys) memory).claim(key, ttl);
    }

    @Override
    public TransportStatus status() {
        TransportStatus now = away;
        return now == null ? memory.status() : now;
    }

    @Override
    public void close() {
        memory.close();
    }

    /** As the contract has it. */
    private record OneAtATime(DeliverySink hub) implements DeliverySink {
        @Override
        public synchronized void started(LogId log, Position through) {
            hub.started(log, through);
        }

        @Override
        public synchronized void deliver(LogId log, List<LogEntry> entries, Position through) {
            hub.deliver(log, entries, through);
        }

        @Override
        public synchronized void gap(LogId log, LogPage.Gap gap) {
            hub.gap(log, gap);
        }

        @Override
        public synchronized void status(TransportStatus status) {
            hub.status(status);
        }
    }
}
