package dev.realtime.transport.postgres.internal.server;

import dev.realtime.transport.postgres.internal.connect.Causes;
import dev.realtime.transport.postgres.internal.store.Fingerprint;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Timer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Monitors the server, about every five seconds, on a thread of its own: collects its metrics, warns before something
 * that grows begins to hurt, and counts the instances. {@link #pressing}, {@link #peers} and the measures on any
 * thread.
 */
public final class Lookout implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);

    private final PostgresSettings settings;
    private final Warnings warnings;
    private final String sql;
    private final Peers peers;
    private final Sight sight;
    private final Standstill standstill;
    private final AtomicBoolean hurried = new AtomicBoolean();
    private volatile @Nullable DataSource pool;
    private volatile BooleanSupplier tablesAreThere = () -> false;
    private final Trespassers trespassers;
    private volatile @Nullable Survey seen;
    private final Sightings sightings = new Sightings();
    private volatile Standstill.Seen still = new Standstill.Seen(null, 0);

    /** So many of its calls may hang at the server at once. */
    private static final int MOST_ABANDONED = 3;

    /** What it finds at its start may be on its way out. */
    private static final long QUIET_NANOS = Duration.ofMinutes(1).toNanos();

    private final long begun = System.nanoTime();

    // the lookout's thread
    private final StatusLog warned = new StatusLog(LOG);

    private boolean failedLast;
    /** Said once: in old databases it is so for ever. */
    private final Set<String> exposed = new HashSet<>();

    private final Timer timer;

    public Lookout(PostgresSettings settings, Warnings warnings, Supervisor supervisor) {
        this.timer = supervisor.timer("realtime-lookout");
        this.settings = settings;
        this.warnings = warnings;
        this.trespassers = new Trespassers(settings.schema(), supervisor.troubles());
        this.sql = Survey.sql(settings.schema());
        this.sight = new Sight(settings.schema());
        this.standstill = new Standstill(settings.schema(), settings.applicationName(), System::nanoTime);
        this.peers = new Peers(settings.applicationName("tail"), Fingerprint.of(settings));
    }

    /**
     * Looks from now on.
     *
     * @param tablesAreThere whether our tables may be asked: amid a migration each would be in the other's way
     */
    public void start(DataSource source, Duration every, BooleanSupplier tablesAreThere) {
        this.tablesAreThere = tablesAreThere;
        pool = source;
        timer.every(every, () -> look(source));
    }

    /** Looks soon: something does not go on. Any thread; cheap. */
    public void hurry() {
        DataSource source = pool;
        if (source != null && hurried.compareAndSet(false, true)) {
            try {
                timer.execute(() -> {
                    hurried.set(false);
                    look(source);
                });
            } catch (RejectedExecutionException closed) {
                LOG.debug("closed, so nobody looks");
            }
        }
    }

    /** Who else is there. */
    public Peers peers() {
        return peers;
    }

    /** What stops events from flowing, or will if nobody does anything, as one line; null if nothing does. */
    @Nullable
    public String pressing() {
        Sight.Problem less = sightings.last();
        String now = less == null ? still.cause() : less.text();
        if (now != null) {
            return now;
        }
        Survey last = seen;
        return last == null ? null : warnings.pressing(last);
    }

    /** Throws if reads on this connection would give less than the log holds. */
    public void requireAll(Connection connection) throws SQLException {
        Sight.Problem problem = sightings.look(false, () -> sight.problem(connection));
        if (problem != null) {
            throw new SQLException(problem.text());
        }
    }

    /** Throws if something else was found in the place of one of our tables. */
    public void requireTables() throws SQLException {
        Sight.Problem last = sightings.last();
        if (last != null && last.replaced()) {
            throw new SQLException(last.text());
        }
    }

    /** As {@link Sightings#wasReplaced}. */
    public boolean wasReplaced() {
        return sightings.wasReplaced();
    }

    /** The cause of a failure on a connection, where the server can tell more than the driver could; or null. */
    @Nullable
    public String explain(Connection connection, SQLException failure) {
        try {
            Sight.Problem problem = sightings.look(false, () -> sight.problem(connection));
            if (problem != null) {
                return problem.text();
            }
            return Causes.isLocked(failure) ? standstill.lookWhileLocked(connection) : null;
        } catch (SQLException e) {
            LOG.debug("the server does not say more", e);
            return null;
        }
    }

    /** Throws if so many calls of this instance hang at the server that one more would only take another connection. */
    public void requireRoom() throws SQLException {
        Standstill.Seen now = still;
        if (now.abandoned() >= MOST_ABANDONED) {
            throw new SQLException(
                    now.abandoned() + " server processes still work on earlier calls of this instance, and"
                            + " it waits for them" + (now.cause() == null ? "" : "; " + now.cause()));
        }
    }

    public List<Measure> measures() {
        return List.of(
                Measure.gauge("realtime.postgres.instances", "Instances on this store", peers::count),
                gauge("queue.usage", "How full the server's notification queue is, 0 to 1", Survey::queueUsage),
                gauge("log.bytes", "What the log takes up, indexes included", Survey::logBytes),
                gauge("log.events", "Events in the log, about", Survey::events),
                gauge("log.oldest.seconds", "Age of the oldest event in the log", Survey::oldestSeconds),
                gauge("stage.bytes", "What the stage takes up, indexes included", Survey::stageBytes),
                gauge("staged.events", "Events that wait to be sealed, at most 100,000", Survey::staged),
                gauge("snapshot.seconds", "Age of the oldest snapshot that holds vacuum back", Survey::snapshotSeconds),
                gauge(
                        "prepared.seconds",
                        "Age of the oldest prepared transaction that has staged events",
                        Survey::preparedSeconds));
    }

    private Measure gauge(String name, String description, ToDoubleFunction<Survey> value) {
        return Measure.gauge("realtime.postgres." + name, description, () -> {
            Survey last = seen;
            return last == null ? Double.NaN : value.applyAsDouble(last);
        });
    }

    private void look(DataSource pool) {
        try (Connection connection = pool.getConnection()) {
            still = standstill.look(connection);
            if (!tablesAreThere.getAsBoolean()) {
                return;
            }
            sightings.look(true, () -> sight.problem(connection));
            Survey survey = Survey.of(connection, sql);
            seen = survey;
            failedLast = false;
            long now = System.nanoTime();
            peers.see(survey.instances()).forEach(line -> warned.warn(line, now));
            Warnings.exposed(survey).stream().filter(exposed::add).forEach(LOG::warn);
            trespassers.look(connection);
            if (now - begun > QUIET_NANOS) {
                warnings.lines(survey, settings.replayWindow()).forEach(line -> warned.warn(line, now));
            }
        } catch (SQLException | RuntimeException e) {
            // What was seen last no longer counts.
            seen = null;
            String line = Causes.line("no figures of the server, and no warnings", e);
            if (timer.isClosed() || Causes.isUnreachable(e) || Causes.isTimeout(e) || still.cause() != null) {
                // Nobody asks any more, or the tail says it.
                LOG.debug("{}", line);
            } else if (failedLast) {
                warned.warn(line, System.nanoTime());
            } else {
                // The schema may just be on its way.
                failedLast = true;
            }
        }
    }

    @Override
    public void close() {
        timer.close();
    }
}
