package dev.realtime.transport.memory;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.Position;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.PubSubAdapter;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The reference adapter. What every adapter does is here without a backend in the way: publishing appends to the log;
 * the log's wake-up is only a hint; one thread, {@code realtime-memory-tail}, reads what came after the last position
 * it told and tells the sink. Adapters that share a {@link MemoryLog} behave as instances that share a backend.
 * Thread-safe; only {@link #close} waits, for the sink call that is under way.
 */
public final class MemoryAdapter implements PubSubAdapter, ClaimsKeys {
    /** Most entries in one delivery. */
    private static final int MAX_DELIVERY = 1_000;
    /** How long {@link #close} waits for a sink that blocks, which it must not. */
    private static final long CLOSE_PATIENCE_MILLIS = 5_000;

    private final MemoryLog log;
    private final Clock clock;
    private final Semaphore wakeUps = new Semaphore(0);
    private final Runnable wakeUp = wakeUps::release;

    private volatile TransportStatus status;
    private volatile @Nullable Thread tail;

    /** An instance on this log; the clock stamps its status. */
    public MemoryAdapter(MemoryLog log, Clock clock) {
        this.log = log;
        this.clock = clock;
        this.status = since(TransportStatus.State.STARTING);
    }

    @Override
    public void start(DeliverySink sink) {
        Position from = log.range().head();
        log.addListener(wakeUp);
        status = since(TransportStatus.State.LIVE);
        Thread thread = new Thread(() -> follow(from, sink), "realtime-memory-tail");
        thread.setDaemon(true);
        tail = thread;
        thread.start();
    }

    @Override
    public LogId logOf(String orgId) {
        return LogId.SHARED;
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        try {
            requireOpen();
            return CompletableFuture.completedFuture(log.append(events));
        } catch (EventConflictException | TransportUnavailableException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        requireOpen();
        return log.read(orgId, after, maxEvents);
    }

    @Override
    public LogRange range(String orgId) {
        requireOpen();
        return log.range();
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        requireOpen();
        return log.claimed().claim(key, ttl);
    }

    @Override
    public TransportStatus status() {
        return status;
    }

    @Override
    public void close() {
        if (open()) {
            status = since(TransportStatus.State.CLOSED);
        }
        log.removeListener(wakeUp);
        wakeUps.release();
        Thread thread = tail;
        if (thread != null && thread != Thread.currentThread()) {
            try {
                thread.join(CLOSE_PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The tail's life: tell where it starts, then at every wake-up all that is new. */
    private void follow(Position from, DeliverySink sink) {
        sink.status(status);
        sink.started(LogId.SHARED, from);
        Position told = from;
        while (open()) {
            Position next = tellAfter(told, sink);
            if (next.equals(told)) {
                wakeUps.acquireUninterruptibly();
                wakeUps.drainPermits();
            }
            told = next;
        }
    }

    private Position tellAfter(Position told, DeliverySink sink) {
        LogPage page = log.readAll(told, MAX_DELIVERY);
        if (page instanceof LogPage.Hole hole) {
            sink.hole(LogId.SHARED, hole);
            return hole.resumesAt();
        }
        LogPage.Entries news = (LogPage.Entries) page;
        if (!news.entries().isEmpty()) {
            sink.deliver(LogId.SHARED, news.entries(), news.through());
        }
        return news.through();
    }

    private boolean open() {
        return status.state() != TransportStatus.State.CLOSED;
    }

    private void requireOpen() {
        if (!open()) {
            throw new TransportUnavailableException("the transport is closed", null);
        }
    }

    private TransportStatus since(TransportStatus.State state) {
        return new TransportStatus(state, null, clock.instant());
    }
}
