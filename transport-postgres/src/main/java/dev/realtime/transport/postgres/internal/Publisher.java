package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.Position;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.postgres.internal.LogWriter.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends what waits, together, in one statement: while one batch is being committed the next one gathers, so there
 * is no timer. One thread owns the appending; {@link #publish} may be called from any.
 */
final class Publisher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final int BATCH_EVENTS = 1_000;
    private static final int BATCH_BYTES = 4 << 20;
    private static final int QUEUE_EVENTS = 100_000;
    private static final long QUEUE_BYTES =
            Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8);
    private static final long CLOSE_MILLIS = 5_000;

    private record Waiting(List<Envelope> events, long bytes, CompletableFuture<List<Position>> future) {}

    private record Key(String orgId, String id) {}

    private final Connections connections;
    private final LogWriter writer;
    private final Consumer<List<Position>> appended;
    private final PublishCounts counts;
    private final IntSupplier instances;
    private final Thread thread = new Thread(this::run, "realtime-publisher");

    // the publisher's thread
    private final Announcements announcements = new Announcements();

    // guarded by this
    private final Deque<Waiting> queue = new ArrayDeque<>();
    private int queuedEvents;
    private long queuedBytes;
    private boolean closed;

    /**
     * @param appended called with all positions after each commit, before anybody is told of it
     * @param instances how many there are on the store now
     */
    Publisher(
            Connections connections,
            LogWriter writer,
            Consumer<List<Position>> appended,
            PublishCounts counts,
            IntSupplier instances) {
        this.instances = instances;
        this.counts = counts;
        this.connections = connections;
        this.writer = writer;
        this.appended = appended;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    CompletableFuture<List<Position>> publish(List<Envelope> events) {
        long bytes = events.stream().mapToLong(Envelope::weight).sum();
        Waiting waiting = new Waiting(events, bytes, new CompletableFuture<>());
        RuntimeException refusal = enqueue(waiting);
        if (refusal != null) {
            waiting.future().completeExceptionally(refusal);
        }
        return waiting.future();
    }

    private synchronized @Nullable RuntimeException enqueue(Waiting waiting) {
        if (closed) {
            return closedException();
        }
        if (!queue.isEmpty()
                && (queuedEvents + waiting.events().size() > QUEUE_EVENTS
                        || queuedBytes + waiting.bytes() > QUEUE_BYTES)) {
            counts.refused(waiting.events().size());
            return new QueueFullException("publishing is slower than its callers: " + queuedEvents
                    + " events wait, at most " + QUEUE_EVENTS + " events or " + QUEUE_BYTES + " bytes can");
        }
        queue.add(waiting);
        queuedEvents += waiting.events().size();
        queuedBytes += waiting.bytes();
        counts.waiting(queuedEvents, queuedBytes);
        notifyAll();
        return null;
    }

    private void run() {
        List<Waiting> batch = nextBatch();
        while (!batch.isEmpty()) {
            append(batch);
            batch = nextBatch();
            while (batch.isEmpty() && announcements.isUnsaid()) {
                announce();
                batch = nextBatch();
            }
        }
    }

    /** Says what appends have left unsaid. If that fails, the others' polls find it. */
    private void announce() {
        try (Connection connection = connections.forWriting()) {
            writer.announce(connection);
        } catch (SQLException e) {
            LOG.debug("nobody was told of an append", e);
        }
        announcements.appended(true, System.nanoTime());
    }

    /**
     * What waits, up to a batch's bounds; blocks until something does. Empty when closed and worked off, or when
     * something unsaid is due.
     */
    private synchronized List<Waiting> nextBatch() {
        while (queue.isEmpty()) {
            long left = announcements.isUnsaid()
                    ? announcements.dueIn(System.nanoTime(), instances.getAsInt())
                    : Long.MAX_VALUE;
            if (closed || left <= 0) {
                return List.of();
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        List<Waiting> batch = new ArrayList<>();
        Set<Key> keys = new HashSet<>();
        int events = 0;
        long bytes = 0;
        while (!queue.isEmpty()) {
            Waiting next = queue.element();
            boolean fits = events + next.events().size() <= BATCH_EVENTS && bytes + next.bytes() <= BATCH_BYTES;
            // An id that is in the batch already has to be looked up in the log, so it waits for the next one.
            boolean isNew = next.events().stream().allMatch(event -> keys.add(new Key(event.orgId(), event.id())));
            if (!batch.isEmpty() && !(fits && isNew)) {
                break;
            }
            batch.add(queue.remove());
            events += next.events().size();
            bytes += next.bytes();
        }
        queuedEvents -= events;
        queuedBytes -= bytes;
        counts.waiting(queuedEvents, queuedBytes);
        return batch;
    }

    private void append(List<Waiting> batch) {
        List<Outcome> outcomes;
        boolean says = announcements.isDue(System.nanoTime(), instances.getAsInt());
        try {
            outcomes = commit(batch.stream().map(Waiting::events).toList(), says);
        } catch (SQLException | RuntimeException | OutOfMemoryError e) {
            TransportUnavailableException failure =
                    new TransportUnavailableException(Causes.line("publishing to Postgres failed", e), e);
            // What was published after it stays behind it: its publishers try again in the same order. First the batch,
            // so that they know, then what came until they did.
            fail(batch, failure);
            fail(drain(), failure);
            return;
        }
        announcements.appended(says, System.nanoTime());
        counts.committed(batch.stream().mapToInt(each -> each.events().size()).sum());
        appended.accept(outcomes.stream()
                .flatMap(outcome -> outcome.positions().stream())
                .toList());
        for (int i = 0; i < batch.size(); i++) {
            Outcome outcome = outcomes.get(i);
            String conflict = outcome.conflict();
            if (conflict == null) {
                batch.get(i).future().complete(outcome.positions());
            } else {
                batch.get(i).future().completeExceptionally(new EventConflictException(conflict));
            }
        }
    }

    /** A connection may have died in the pool, and others with it: the ids make a second attempt safe. */
    private List<Outcome> commit(List<List<Envelope>> groups, boolean says) throws SQLException {
        try (Connection connection = connections.forWriting()) {
            return writer.append(connection, groups, says);
        } catch (SQLException e) {
            if (!Causes.isBroken(e) || Causes.isTimeout(e)) {
                throw e;
            }
        }
        connections.evict();
        counts.retried();
        try (Connection connection = connections.forWriting()) {
            return writer.append(connection, groups, says);
        }
    }

    /** Waits a bounded time for what is queued, then fails the rest. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        fail(drain(), closedException());
    }

    private synchronized List<Waiting> drain() {
        List<Waiting> left = new ArrayList<>(queue);
        queue.clear();
        queuedEvents = 0;
        queuedBytes = 0;
        counts.waiting(0, 0);
        return left;
    }

    private void fail(List<Waiting> publications, TransportUnavailableException failure) {
        counts.failed(
                publications.stream().mapToInt(each -> each.events().size()).sum());
        publications.forEach(waiting -> waiting.future().completeExceptionally(failure));
    }

    private static TransportUnavailableException closedException() {
        return new TransportUnavailableException("the transport is closed", null);
    }
}
