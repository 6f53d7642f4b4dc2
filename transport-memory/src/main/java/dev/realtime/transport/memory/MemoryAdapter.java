package dev.realtime.transport.memory;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Loop;
import dev.realtime.transport.runtime.Supervisor;
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
    private final Supervisor supervisor;
    private final Semaphore wakeUps = new Semaphore(0);
    private final Runnable wakeUp = wakeUps::release;

    private volatile TransportStatus status;
    private volatile @Nullable Loop tail;

    /** An instance on this log; the clock stamps its status. */
    public MemoryAdapter(MemoryLog log, Clock clock) {
        this(log, clock, Supervisor.standard());
    }

    /** The same, with its thread under this supervisor. */
    public MemoryAdapter(MemoryLog log, Clock clock, Supervisor supervisor) {
        this.log = log;
        this.supervisor = supervisor;
        this.clock = clock;
        this.status = since(TransportStatus.State.STARTING);
    }

    @Override
    public void start(DeliverySink sink) {
        Position from = log.range().head();
        log.addListener(wakeUp);
        status = since(TransportStatus.State.LIVE);
        Tail following = new Tail(sink, from);
        tail = supervisor.loop("realtime-memory-tail", following::round).start();
    }

    @Override
    public LogId logOf(String orgId) {
        return LogId.SHARED;
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events) {
        return publish(events, Duration.ZERO);
    }

    @Override
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        try {
            requireOpen();
            return CompletableFuture.completedFuture(log.append(events, age));
        } catch (EventConflictException | PublicationInDoubtException | TransportUnavailableException refused) {
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
        Loop following = tail;
        if (following != null) {
            following.stop();
            following.join(CLOSE_PATIENCE_MILLIS);
        }
    }

    /** What the tail's thread does: tell where it starts, then at every wake-up all that is new. */
    private final class Tail {
        private final DeliverySink sink;
        private Position told;
        private boolean started;

        private Tail(DeliverySink sink, Position from) {
            this.sink = sink;
            this.told = from;
        }

        /** Returns whether there is another one. What fails is told again by the next. */
        private boolean round() {
            if (!started) {
                sink.status(status);
                sink.started(LogId.SHARED, told);
                started = true;
            }
            Position next = tellAfter(told);
            if (next.equals(told)) {
                wakeUps.acquireUninterruptibly();
                wakeUps.drainPermits();
            }
            told = next;
            return open();
        }

        private Position tellAfter(Position after) {
            LogPage page = log.readAll(after, MAX_DELIVERY);
            if (page instanceof LogPage.Gap gap) {
                sink.gap(LogId.SHARED, gap);
                return gap.resumesAt();
            }
            LogPage.Entries news = (LogPage.Entries) page;
            if (!news.entries().isEmpty()) {
                sink.deliver(LogId.SHARED, news.entries(), news.through());
            }
            return news.through();
        }
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
