package dev.realtime.transport.postgres.internal.publish;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.Causes;
import dev.realtime.transport.postgres.internal.connect.SizeBound;
import dev.realtime.transport.postgres.internal.publish.LogWriter.Outcome;
import dev.realtime.transport.postgres.internal.publish.PublishQueue.Waiting;
import dev.realtime.transport.postgres.internal.store.Connections;
import dev.realtime.transport.runtime.Loop;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.spi.WritesRefusedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
public final class Publisher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final long CLOSE_MILLIS = 5_000;

    private final Connections connections;
    private final LogWriter writer;
    private final Consumer<List<Position>> appended;
    private final PublishCounts counts;
    private final IntSupplier instances;
    private final Loop loop;

    // the publisher's thread
    private final Announcements announcements = new Announcements();
    private final ServerClocks clocks;

    // guarded by this
    private final PublishQueue queue = new PublishQueue();
    private boolean closed;

    /**
     * @param appended called with all positions after each commit, before anybody is told of it
     * @param instances how many there are on the store now
     */
    public Publisher(
            Connections connections,
            LogWriter writer,
            ServerClocks clocks,
            Consumer<List<Position>> appended,
            PublishCounts counts,
            IntSupplier instances,
            Supervisor supervisor) {
        this.loop = supervisor.loop("realtime-publisher", this::round);
        this.clocks = clocks;
        this.instances = instances;
        this.counts = counts;
        this.connections = connections;
        this.writer = writer;
        this.appended = appended;
    }

    public void start() {
        loop.start();
    }

    /**
     * Appends the events with others that wait.
     *
     * @param age how long ago the first attempt was begun
     */
    public CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        long bytes = events.stream().mapToLong(Envelope::weight).sum();
        long sent = System.nanoTime() - age.toNanos();
        Waiting waiting = new Waiting(events, bytes, sent, age.isZero(), new CompletableFuture<>());
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
        QueueFullException full = queue.add(waiting);
        if (full != null) {
            counts.refused(waiting.events().size());
            return full;
        }
        counts.waiting(queue.events(), queue.bytes());
        notifyAll();
        return null;
    }

    /** A batch, or what appends have left unsaid. Returns whether there is more to come. */
    private boolean round() {
        List<Waiting> batch = new ArrayList<>();
        boolean answered = false;
        try {
            awaitBatch(batch);
            if (!batch.isEmpty()) {
                append(batch);
            }
            answered = true;
        } finally {
            if (!answered) { // whatever was thrown: who has no answer yet must not wait for one
                String line = "postgres: publishing failed unexpectedly; the log says more";
                fail(batch, new TransportUnavailableException(line, null));
                fail(drain(), TransportUnavailableException.notSent(line, null));
            }
        }
        if (!batch.isEmpty()) {
            return true;
        }
        if (announcements.isUnsaid()) {
            announce();
            return true;
        }
        return false;
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
     * Moves what waits into the batch, up to its bounds, organisations by turns; blocks until something does. Nothing when closed and
     * worked off, or when something unsaid is due.
     */
    private synchronized void awaitBatch(List<Waiting> batch) {
        while (queue.isEmpty()) {
            long left = announcements.isUnsaid()
                    ? announcements.dueIn(System.nanoTime(), instances.getAsInt())
                    : Long.MAX_VALUE;
            if (closed || left <= 0) {
                return;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        queue.removeBatch(batch);
        counts.waiting(queue.events(), queue.bytes());
    }

    /** Returns whether the server answered, so that what comes after it may be sent. */
    private boolean append(List<Waiting> batch) {
        LogWriter.Answer answer;
        boolean says = announcements.isDue(System.nanoTime(), instances.getAsInt());
        try {
            answer = commit(batch, says);
        } catch (SQLException | RuntimeException | Error e) {
            return failed(batch, e);
        }
        if (answer.late() && batch.size() > 1) {
            // Only one of them may be: each is asked for by itself.
            return appendEach(batch);
        }
        announcements.appended(says || answer.late(), System.nanoTime());
        counts.committed(batch.stream().mapToInt(each -> each.events().size()).sum());
        appended.accept(answer.groups().stream()
                .flatMap(outcome -> outcome.positions().stream())
                .toList());
        for (int i = 0; i < batch.size(); i++) {
            complete(batch.get(i), answer.groups().get(i));
        }
        return true;
    }

    /** One by one, as long as the server answers. */
    private boolean appendEach(List<Waiting> batch) {
        for (int i = 0; i < batch.size(); i++) {
            if (!append(List.of(batch.get(i)))) {
                fail(
                        batch.subList(i + 1, batch.size()),
                        TransportUnavailableException.notSent("postgres: what was published before it waits", null));
                return false;
            }
        }
        return true;
    }

    private static void complete(Waiting waiting, Outcome outcome) {
        if (outcome.late()) {
            // The first attempt can only be late by a clock that jumped: its answer has told what it says now.
            waiting.future()
                    .completeExceptionally(
                            waiting.isFirst()
                                    ? TransportUnavailableException.notSent(
                                            "postgres: too late by the server's clock; nothing was appended", null)
                                    : new PublicationInDoubtException(
                                            "postgres: an earlier attempt may have been appended and have left the"
                                                    + " replay window",
                                            null));
        } else if (outcome.conflict() != null) {
            waiting.future().completeExceptionally(new EventConflictException(outcome.conflict()));
        } else {
            waiting.future().complete(outcome.positions());
        }
    }

    /**
     * What was published after it stays behind it: its publishers try again in the same order. What the server does not
     * take is told to its publisher alone. Returns whether the server answered.
     */
    private boolean failed(List<Waiting> batch, Throwable e) {
        String line = Causes.line("publishing to Postgres failed", e);
        Causes.Refusal refusal = e instanceof InDoubt ? null : Causes.refusal(e);
        if (refusal == Causes.Refusal.PUBLICATION) {
            if (batch.size() > 1) {
                return appendEach(batch);
            }
            LOG.warn("{}", line);
            fail(batch, new PublicationRefusedException(refusedBy(e), false, e));
            return true;
        }
        boolean tooSlow = Causes.isCancelled(e) && bytes(batch) > SizeBound.LARGE_BYTES;
        // Its bound has followed its size: that is counted as an attempt without an answer, which are not made for
        // ever.
        RuntimeException failure = failure(tooSlow ? null : refusal, line, e);
        RuntimeException behind =
                failure instanceof WritesRefusedException ? failure : TransportUnavailableException.notSent(line, e);
        // First the batch, so that they know, then what came until they did.
        fail(batch, failure);
        fail(drain(), behind);
        return false;
    }

    private static RuntimeException failure(Causes.@Nullable Refusal refusal, String line, Throwable e) {
        if (refusal == Causes.Refusal.WRITES) {
            return new WritesRefusedException(line, e);
        }
        return refusal == Causes.Refusal.NOW
                ? TransportUnavailableException.notSent(line, e)
                : new TransportUnavailableException(line, e);
    }

    /** The server's own words may quote the events: only the state is told. */
    private static String refusedBy(Throwable e) {
        String state = e instanceof SQLException sql ? sql.getSQLState() : null;
        return "postgres: the server does not take these events [" + state + "]";
    }

    /** Of two attempts the first had no answer: what the second one is told says nothing of it. */
    private static final class InDoubt extends SQLException {
        private static final long serialVersionUID = 1L;

        private InDoubt(SQLException second) {
            super(Secrets.messageOf(second), second.getSQLState(), second);
        }
    }

    /** A connection may have died in the pool, and others with it: the ids make a second attempt safe. */
    private LogWriter.Answer commit(List<Waiting> batch, boolean says) throws SQLException {
        try (Connection connection = connections.forWriting()) {
            return commit(connection, batch, says);
        } catch (SQLException e) {
            if (!Causes.isBroken(e) || Causes.isTimeout(e)) {
                throw e;
            }
        }
        connections.evict();
        counts.retried();
        try (Connection connection = connections.forWriting()) {
            return commit(connection, batch, says);
        } catch (SQLException e) {
            throw new InDoubt(e);
        }
    }

    private LogWriter.Answer commit(Connection connection, List<Waiting> batch, boolean says) throws SQLException {
        long bytes = bytes(batch);
        long first = batch.get(0).sentNanos();
        for (Waiting each : batch) {
            first = each.sentNanos() - first < 0 ? each.sentNanos() : first;
        }
        List<List<Envelope>> groups = batch.stream().map(Waiting::events).toList();
        long sent = clocks.atLeast(connection, first);
        LogWriter.Answer answer = bytes > SizeBound.LARGE_BYTES
                ? SizeBound.within(connection, bytes, bound -> writer.append(connection, groups, says, sent, bound))
                : writer.append(connection, groups, says, sent, null);
        clocks.said(connection, answer.clock());
        return answer;
    }

    private static long bytes(List<Waiting> batch) {
        return batch.stream().mapToLong(Waiting::bytes).sum();
    }

    /** Waits a bounded time for what is queued, then fails the rest. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        loop.join(CLOSE_MILLIS);
        fail(drain(), closedException());
    }

    private synchronized List<Waiting> drain() {
        List<Waiting> left = queue.removeAll();
        counts.waiting(0, 0);
        return left;
    }

    private void fail(List<Waiting> publications, RuntimeException failure) {
        publications.forEach(waiting -> fail(waiting, failure));
        counts.failed(
                publications.stream().mapToInt(each -> each.events().size()).sum());
    }

    /** One whose caller does not take its answer well keeps it from nobody else. */
    private static void fail(Waiting waiting, RuntimeException failure) {
        try {
            waiting.future().completeExceptionally(failure);
        } catch (RuntimeException | Error e) {
            waiting.future().completeExceptionally(e);
        }
    }

    private static TransportUnavailableException closedException() {
        return new TransportUnavailableException("the transport is closed", null);
    }
}
