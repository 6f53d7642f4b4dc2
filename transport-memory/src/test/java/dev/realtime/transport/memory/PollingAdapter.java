package dev.realtime.transport.memory;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** An adapter of the other kind: a log for each organisation, asked every few milliseconds, over a link that breaks. */
final class PollingAdapter implements PubSubAdapter, FollowsOrganisations, ClaimsKeys {
    private final FaultyBackend backend;
    private final Clock clock;
    private final Set<String> followed = ConcurrentHashMap.newKeySet();
    private final Semaphore closing = new Semaphore(0);
    private volatile TransportStatus status;
    private volatile Thread poller;

    // Of the poller.
    private final Map<String, Position> told = new HashMap<>();

    PollingAdapter(FaultyBackend backend, Clock clock) {
        this.backend = backend;
        this.clock = clock;
        status = new TransportStatus(State.STARTING, null, clock.instant());
    }

    @Override
    public void start(DeliverySink sink) {
        poller = new Thread(() -> run(sink), "realtime-polling");
        poller.start();
    }

    @Override
    public void follow(String orgId) {
        followed.add(orgId);
    }

    @Override
    public void unfollow(String orgId) {
        followed.remove(orgId);
    }

    @Override
    public LogId logOf(String orgId) {
        return new LogId(orgId);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        return publish(events, Duration.ZERO);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        try {
            return CompletableFuture.completedFuture(connect().append(events, age));
        } catch (TransportUnavailableException | PublicationInDoubtException | EventConflictException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        return connect().read(orgId, after, maxEvents);
    }

    @Override
    public LogRange range(String orgId) {
        return connect().range();
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        return connect().claimed().claim(key, ttl);
    }

    @Override
    public TransportStatus status() {
        return status;
    }

    @Override
    public void close() {
        if (status.state() != State.CLOSED) {
            status = new TransportStatus(State.CLOSED, null, clock.instant());
        }
        closing.release();
        try {
            poller.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private MemoryLog connect() {
        if (status.state() == State.CLOSED) {
            throw new TransportUnavailableException("closed", null);
        }
        return backend.connect();
    }

    private void run(DeliverySink sink) {
        try {
            do {
                poll(sink);
            } while (!closing.tryAcquire(5, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void poll(DeliverySink sink) {
        try {
            MemoryLog log = connect();
            become(State.LIVE, null, sink);
            told.keySet().retainAll(followed);
            followed.forEach(orgId -> told.compute(orgId, (id, from) -> advance(log, orgId, from, sink)));
        } catch (TransportUnavailableException down) {
            become(State.DOWN, down.getMessage(), sink);
        }
    }

    private Position advance(MemoryLog log, String orgId, Position from, DeliverySink sink) {
        if (from == null) {
            Position head = log.range().head();
            sink.started(logOf(orgId), head);
            return head;
        }
        LogPage page = log.read(orgId, from, 100);
        if (page instanceof LogPage.Gap gap) {
            sink.gap(logOf(orgId), gap);
            return gap.resumesAt();
        }
        LogPage.Entries news = (LogPage.Entries) page;
        if (!news.entries().isEmpty()) {
            sink.deliver(logOf(orgId), news.entries(), news.through());
        }
        return news.through();
    }

    private void become(State state, String cause, DeliverySink sink) {
        synchronized (this) {
            if (status.state() == state || status.state() == State.CLOSED) {
                return;
            }
            status = new TransportStatus(state, cause, clock.instant());
        }
        sink.status(status);
    }
}
