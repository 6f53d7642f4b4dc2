package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.Causes;
import dev.realtime.transport.postgres.internal.connect.Introduction;
import dev.realtime.transport.postgres.internal.listen.Ear;
import dev.realtime.transport.postgres.internal.listen.Listener;
import dev.realtime.transport.postgres.internal.listen.PgNgEar;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.log.EventLog;
import dev.realtime.transport.postgres.internal.log.Incarnation;
import dev.realtime.transport.postgres.internal.log.Retention;
import dev.realtime.transport.postgres.internal.log.Suspicion;
import dev.realtime.transport.postgres.internal.log.Tail;
import dev.realtime.transport.postgres.internal.publish.ClaimedKeys;
import dev.realtime.transport.postgres.internal.publish.LogWriter;
import dev.realtime.transport.postgres.internal.publish.PublishCounts;
import dev.realtime.transport.postgres.internal.publish.Publisher;
import dev.realtime.transport.postgres.internal.publish.ServerClocks;
import dev.realtime.transport.postgres.internal.server.Lookout;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.Connections;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import dev.realtime.transport.spi.Measured;
import dev.realtime.transport.spi.PubSubAdapter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Joins the parts: {@link Publisher} writes the log, {@link Listener} hears that there is something, {@link Tail}
 * reads it and seals what is staged, {@link Retention} trims it. {@link ClaimedKeys} is beside it. One shared log for all organisations.
 */
public final class PostgresAdapter implements PubSubAdapter, ClaimsKeys, Measured {
    /** What exists between start and close. */
    private record Running(
            Connections connections, Publisher publisher, Tail tail, Listener listener, Retention retention) {}

    /** Nobody has to wait until a proof is on the disk, nor on a standby's. */
    private static final String LOOP_BACK =
            "select pg_catalog.set_config('synchronous_commit', 'off', true)," + " pg_catalog.pg_notify(?, ?)";

    private final Supervisor supervisor;
    private final PostgresSettings settings;
    private final EventLog log;
    private final LogWriter writer;
    private final ClaimedKeys claimed;
    private final Clock clock = Clock.systemUTC();
    private final Instant created = clock.instant();
    private final Timing timing;
    private final Lookout lookout;
    private final PublishCounts counts = new PublishCounts();

    // guarded by this; read anywhere
    private volatile @Nullable Running running;
    private volatile boolean closed;

    /** @param supervisor runs its threads, and is told what others do at the database that costs events or time */
    public PostgresAdapter(PostgresSettings settings, Supervisor supervisor) {
        this(settings, Timing.STANDARD, Warnings.STANDARD, supervisor);
    }

    PostgresAdapter(PostgresSettings settings, Timing timing, Warnings warnings) {
        this(settings, timing, warnings, Supervisor.standard());
    }

    PostgresAdapter(PostgresSettings settings, Timing timing, Warnings warnings, Supervisor supervisor) {
        this.supervisor = supervisor;
        this.lookout = new Lookout(settings, warnings, supervisor);
        this.settings = settings;
        this.timing = timing;
        this.log = new EventLog(settings.schema());
        this.writer = new LogWriter(settings.schema());
        this.claimed = new ClaimedKeys(settings.schema());
    }

    @Override
    public synchronized void start(DeliverySink sink) {
        Connections connections = new Connections(settings, lookout::requireRoom);
        Suspicion suspicion = new Suspicion(timing.pollLive());
        Incarnation incarnation = new Incarnation(connections, lookout, settings.schema());
        Tail tail = new Tail(
                settings, connections, clock, log, writer, sink, timing, suspicion, lookout, incarnation, supervisor);
        Publisher publisher = new Publisher(
                connections,
                writer,
                new ServerClocks(settings.schema()),
                positions -> {
                    incarnation.acknowledged().add(positions, System.nanoTime());
                    tail.wake();
                },
                counts,
                lookout.peers()::count,
                supervisor);
        Listener listener = new Listener(
                callback -> {
                    Ear ear = ear(connections, callback);
                    tail.listensAt(ear.place());
                    return ear;
                },
                payload -> loopBack(connections, payload),
                pid -> {
                    suspicion.notified(System.nanoTime());
                    tail.notified(pid);
                },
                tail::hears,
                timing,
                supervisor);
        suspicion.tells(listener::suspect);
        Retention retention = new Retention(
                connections.pool(), writer, claimed, () -> tail.status().state().flows(), supervisor);
        running = new Running(connections, publisher, tail, listener, retention);
        tail.start();
        publisher.start();
        listener.start();
        retention.start(settings.replayWindow());
        lookout.start(connections.pool(), timing.survey(), tail::hasBegun);
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
        Running now = running;
        return now == null
                ? CompletableFuture.failedFuture(new TransportUnavailableException("the transport is closed", null))
                : now.publisher().publish(events, age);
    }

    @Override
    public LogPage read(String orgId, Position after, int maxEvents) {
        return pooled(connection -> log.read(connection, orgId, after, maxEvents));
    }

    @Override
    public LogRange range(String orgId) {
        return pooled(log::range);
    }

    @Override
    public boolean claim(String key, Duration ttl) {
        return pooled(Connections::forWriting, connection -> claimed.claim(connection, key, ttl));
    }

    @Override
    public TransportStatus status() {
        Running now = running;
        if (now != null) {
            return now.tail().status();
        }
        return new TransportStatus(closed ? State.CLOSED : State.STARTING, null, created);
    }

    @Override
    public List<Measure> measures() {
        return Stream.concat(counts.measures().stream(), lookout.measures().stream())
                .toList();
    }

    @Override
    public synchronized void close() {
        Running now = running;
        if (now == null || closed) {
            closed = true;
            return;
        }
        closed = true;
        // All at once, then one after the other: their deadlines must not add up.
        now.tail().stop();
        now.listener().stop();
        now.retention().close();
        lookout.close();
        now.publisher().close();
        now.listener().close();
        // Before the tail: it may wait for another instance's migration on one of these.
        now.connections().close();
        now.tail().close();
    }

    /** The driver's errors through a pooler do not name it. */
    private Ear ear(Connections connections, Ear.Callback callback) throws SQLException {
        Introduction to = connections.introduce();
        try {
            Ear ear = PgNgEar.open(settings, to, callback);
            try {
                connections.requireSamePlace(ear.place());
                return ear;
            } catch (SQLException e) {
                ear.close();
                throw e;
            }
        } catch (SQLException e) {
            String hint = to.pooler() && !Causes.blamesPooler(e)
                    ? "; a pooler stands in front of the server: set " + PostgresSettings.DATABASE_LISTEN_URL.name()
                            + " to the server itself"
                    : "";
            throw new SQLException(Secrets.messageOf(e) + hint, e.getSQLState(), e);
        }
    }

    private void loopBack(Connections connections, String payload) throws SQLException {
        try (Connection connection = connections.direct();
                PreparedStatement notify = connection.prepareStatement(LOOP_BACK)) {
            notify.setString(1, settings.channel());
            notify.setString(2, payload);
            notify.execute();
        }
    }

    private interface Question<T> {
        T ask(Connection connection) throws SQLException;
    }

    private interface Loan {
        Connection from(Connections connections) throws SQLException;
    }

    private <T> T pooled(Question<T> question) {
        return pooled(connections -> connections.pool().getConnection(), question);
    }

    private <T> T pooled(Loan loan, Question<T> question) {
        Running now = running;
        if (now == null || closed) {
            throw new TransportUnavailableException("the transport is closed", null);
        }
        if (!now.tail().hasBegun()) {
            // Amid a migration the log may have another epoch than behind it.
            String cause = now.tail().status().cause();
            throw new TransportUnavailableException(
                    cause == null ? "postgres: the schema was not looked at yet" : cause, null);
        }
        try (Connection connection = loan.from(now.connections())) {
            return question.ask(connection);
        } catch (SQLException e) {
            throw new TransportUnavailableException(Causes.line("asking Postgres failed", e), e);
        }
    }
}
