package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.Causes;
import dev.realtime.transport.postgres.internal.connect.Whereabouts;
import dev.realtime.transport.postgres.internal.listen.Listener.Report;
import dev.realtime.transport.postgres.internal.listen.Listener.Verdict;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.publish.LogWriter;
import dev.realtime.transport.postgres.internal.publish.Pace;
import dev.realtime.transport.postgres.internal.server.Lookout;
import dev.realtime.transport.postgres.internal.server.StatusLog;
import dev.realtime.transport.postgres.internal.store.Connections;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.postgres.internal.store.Schema;
import dev.realtime.transport.runtime.Loop;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.spi.DeliverySink;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the log and delivers what is new, and gives staged events their place in it. One thread owns the
 * connection, the position and all calls of the sink; everyone else may only {@link #wake} it. It reads on every
 * wake-up and polls besides, so that a lost notification costs time and never an event.
 */
public final class Tail implements AutoCloseable {
    private static final String NAME = "realtime-tail";
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(5);
    private static final int PAGE_EVENTS = 1_000;
    /** One after the other, each from where the last one led to: retention may be as quick as we, this often. */
    private static final int MOST_HOLES = 3;

    private static final long CLOSE_MILLIS = 7_000;
    private static final Logger LOG = LoggerFactory.getLogger(Tail.class);

    private final PostgresSettings settings;
    private final Connections connections;
    private final Clock clock;
    private final Schema schema;
    private final EventLog log;
    private final LogWriter writer;
    private final Sealer sealer;
    private final Incarnation incarnation;
    private final HollowWakes hollow;
    private final DeliverySink sink;
    private final Timing timing;
    private final Suspicion suspicion;
    private final Lookout lookout;
    private final StatusLog statusLog = new StatusLog(LOG);
    private final Supervisor supervisor;
    private final Loop loop;

    // any thread
    private final Semaphore wakeUps = new Semaphore(0);
    private volatile boolean closed;
    private volatile Report hearing = new Report(Verdict.PENDING, null);
    private volatile TransportStatus status;
    private volatile @Nullable Whereabouts listensAt;
    /** Moved by the tail's thread only. */
    private volatile @Nullable Position position;

    // the tail's thread
    /** Connections in turn that came to nothing. */
    private int attempt;
    /** When the position was last moved by what was read. */
    private long heard = System.nanoTime();

    private boolean grew;
    private long looked = System.nanoTime();
    private long lookedThoroughly = looked;

    public Tail(
            PostgresSettings settings,
            Connections connections,
            Clock clock,
            EventLog log,
            LogWriter writer,
            DeliverySink sink,
            Timing timing,
            Suspicion suspicion,
            Lookout lookout,
            Incarnation incarnation,
            Supervisor supervisor) {
        this.supervisor = supervisor;
        this.loop = supervisor.loop(NAME, this::connection);
        this.incarnation = incarnation;
        this.hollow = new HollowWakes(supervisor.troubles(), System::nanoTime);
        this.lookout = lookout;
        this.timing = timing;
        this.suspicion = suspicion;
        this.settings = settings;
        this.connections = connections;
        this.clock = clock;
        this.schema = new Schema(settings);
        this.log = log;
        this.writer = writer;
        this.sealer = new Sealer(new SealerSeat(settings.schema()), writer);
        this.sink = sink;
        this.status = new TransportStatus(State.STARTING, null, clock.instant());
    }

    public void start() {
        loop.start();
    }

    /** Look at the log soon. Any thread; cheap. */
    public void wake() {
        if (wakeUps.availablePermits() == 0) {
            wakeUps.release();
        }
    }

    /** A notification has come from this server process. Any thread; cheap. */
    public void notified(int pid) {
        hollow.heard(pid);
        wake();
    }

    /** What the listener says. Any thread. */
    public void hears(Report now) {
        hearing = now;
        wake();
    }

    /** Where LISTEN leads now. Any thread. */
    public void listensAt(Whereabouts place) {
        listensAt = place;
    }

    public TransportStatus status() {
        return status;
    }

    /** Whether the schema was found to be this store's once, and up to date. Any thread. */
    public boolean hasBegun() {
        return position != null;
    }

    /** One connection's life, and the pause behind it. Returns whether there is another one. */
    private boolean connection() {
        // If LISTEN has a way of its own and that is deaf, the other way still serves to poll.
        boolean detour = settings.isPooled() && hearing.verdict() == Verdict.DEAF;
        if (!closed) {
            try {
                connectAndServe(detour);
            } catch (SQLException | RuntimeException e) {
                lost(detour, e);
            } catch (InterruptedException e) {
                closed = true;
            } catch (Error e) {
                lost(detour, e);
                supervisor.failed(NAME, e);
            }
            pause(attempt++);
        }
        if (closed) {
            become(State.CLOSED, null);
        }
        return !closed;
    }

    private void connectAndServe(boolean detour) throws SQLException, InterruptedException {
        try (Connection connection = detour ? connections.detour() : connections.direct()) {
            try {
                prepare(connection, detour);
                attempt = 0;
                serve(connection, detour);
            } catch (SQLException e) {
                String told = lookout.explain(connection, e);
                throw told == null ? e : new SQLException(told);
            }
        }
    }

    private void lost(boolean detour, Throwable e) {
        if (!closed) {
            become(
                    State.DOWN,
                    Causes.line("postgres " + (detour ? settings.database() : settings.direct()).place(), e));
            LOG.debug("the tail's connection failed", e);
        }
    }

    /** The schema is there and this store's, and this instance knows where it is. */
    private void prepare(Connection connection, boolean detour) throws SQLException {
        connections.requireOwnPlace(connection, detour);
        lookout.requireAll(connection);
        schema.ensure(connections.pool(), connection);
        if (writer.settle(connection)) {
            LOG.warn("this store was restored or moved: staged events were sealed and the stage began anew");
        }
        incarnation.reconnected(connection);
        sealer.reconnected(System.nanoTime());
        if (position == null) {
            position = log.range(connection).head();
            heard = System.nanoTime();
            sink.started(LogId.SHARED, position);
        } else {
            connections.evict(); // what broke this connection may have broken those of the pool, unseen
            if (lookout.wasReplaced()) {
                tell(new LogPage.Gap(GapReason.EPOCH_CHANGED, log.range(connection)));
            }
            catchUp(connection, detour);
        }
    }

    /** Until the connection fails; a detour until LISTEN works again. Through a pooler there is no seat to take. */
    private void serve(Connection connection, boolean detour) throws SQLException, InterruptedException {
        boolean pooler = Connections.isThroughPooler(connection);
        boolean due = true;
        boolean woken = false;
        Report last = hearing;
        Whereabouts joined = null;
        while (!closed) {
            Report now = hearing;
            boolean live = now.verdict() == Verdict.LIVE;
            if (detour && live) {
                return;
            }
            lookout.requireTables();
            Whereabouts ear = listensAt;
            if (live && ear != null && !ear.equals(joined)) {
                // An address can lead elsewhere from one connection to the next: here nothing new would come.
                Whereabouts.of(connection).requireSameAsListener(ear);
                joined = ear;
            }
            long pace = Pace.betweenReads(lookout.peers().count());
            grew = false;
            if (due || !now.equals(last)) {
                Pace.rest(looked, Math.max(pace, hollow.apart()));
                look(connection, detour);
            }
            if (seal(connection, live && !pooler) > 0) {
                look(connection, detour);
            }
            hollow.round(woken, grew);
            // Not before what was committed until LISTEN worked has been delivered.
            report(now);
            suspicion.look(live, System.nanoTime());
            last = now;
            Duration poll = live ? timing.pollLive() : timing.pollDeaf();
            Duration wait = sealer.interval().compareTo(poll) < 0 ? sealer.interval() : poll;
            // Where instances are many, who has found something looks again: not every append is announced.
            boolean paced = grew && pace > 0;
            woken = wakeUps.tryAcquire(paced ? Math.min(pace, wait.toNanos()) : wait.toNanos(), TimeUnit.NANOSECONDS);
            if (woken) {
                wakeUps.drainPermits();
            }
            due = woken || paced || System.nanoTime() - looked >= poll.toNanos();
        }
        sealer.leave(connection);
    }

    /** Who holds the gate keeps everybody from it; reading goes on, and the {@link Lookout} tells who it is. */
    private int seal(Connection connection, boolean live) throws SQLException {
        try {
            return sealer.seal(connection, live, System.nanoTime());
        } catch (SQLException e) {
            if (!Causes.isLocked(e)) {
                throw e;
            }
            lookout.hurry();
            return 0;
        }
    }

    /** Cheaply, and thoroughly now and then: only a thorough look finds a gap. */
    private void look(Connection connection, boolean detour) throws SQLException {
        Position at = position;
        boolean isDue =
                System.nanoTime() - lookedThoroughly >= timing.pollLive().toNanos();
        // Before the first event nothing but the epoch proves that it is still the same log.
        if (isDue || at == null || at.offset() == 0 || incarnation.isElsewhere(at.epoch())) {
            catchUp(connection, detour);
        } else {
            deliverNext(connection, at);
        }
        looked = System.nanoTime();
    }

    /** Delivers what is new, if anything is; {@link #catchUp} says whether nothing is. */
    private void deliverNext(Connection connection, Position from) throws SQLException {
        Position after = from;
        boolean more = true;
        while (more && !closed) {
            List<LogEntry> entries = log.readNext(connection, after, PAGE_EVENTS);
            if (!entries.isEmpty()) {
                after = entries.get(entries.size() - 1).position();
                deliver(entries, after);
            }
            more = EventLog.isFull(entries, PAGE_EVENTS);
        }
    }

    /** Delivers everything between the position and the head, or the gap that is there. */
    private void catchUp(Connection connection, boolean detour) throws SQLException {
        lookedThoroughly = System.nanoTime();
        incarnation.look(connection, detour);
        boolean more = true;
        int gaps = 0;
        boolean begun = false;
        while (more && !closed) {
            if (gaps > MOST_HOLES) {
                throw new SQLException("the log cannot be followed from where it says that it begins or ends");
            }
            Position after = Objects.requireNonNull(position, "started");
            LogPage page = log.read(connection, null, after, PAGE_EVENTS);
            if (page instanceof LogPage.Entries entries) {
                gaps = 0;
                deliver(entries.entries(), entries.through());
                more = EventLog.isFull(entries.entries(), PAGE_EVENTS);
            } else if (page instanceof LogPage.Gap gap) {
                if (!begun
                        && gap.reason() != GapReason.TRIMMED
                        && incarnation.begin(connection, new Seen(after, heard))) {
                    begun = true; // in the new epoch the gap is another one
                    continue;
                }
                tell(gap);
                more = true;
                gaps++;
            }
        }
    }

    private void tell(LogPage.Gap gap) {
        Position after = Objects.requireNonNull(position, "started");
        LOG.warn(
                "the log cannot go on after {}: {}",
                after.cursor(),
                gap.reason().wireName());
        sink.gap(LogId.SHARED, gap);
        position = gap.resumesAt();
        heard = System.nanoTime();
    }

    private void deliver(List<LogEntry> entries, Position through) {
        if (!entries.isEmpty()) {
            grew = true;
            heard = System.nanoTime();
            suspicion.grew(System.nanoTime());
            sealer.progressed();
            sink.deliver(LogId.SHARED, entries, through);
        }
        position = through;
    }

    /** Connected and reading: the listener's verdict decides between live and degraded. */
    private void report(Report now) {
        if (now.verdict() == Verdict.LIVE) {
            String pressing = lookout.pressing();
            become(pressing == null ? State.LIVE : State.DEGRADED, pressing);
        } else if (now.verdict() == Verdict.DEAF) {
            String pressing = lookout.pressing();
            become(State.DEGRADED, (pressing == null ? now.cause() : pressing) + "; events are polled for");
        } else if (status.state() == State.DOWN) {
            become(State.DEGRADED, "LISTEN is not proved yet; events are polled for");
        }
    }

    private void become(State state, @Nullable String cause) {
        TransportStatus before = status;
        if (before.state() == state && Objects.equals(before.cause(), cause)) {
            return;
        }
        TransportStatus now =
                new TransportStatus(state, cause, before.state() == state ? before.since() : clock.instant());
        status = now;
        statusLog.say(now, System.nanoTime());
        sink.status(now);
    }

    /** Exponential with full jitter; {@link #close} ends it. */
    private void pause(int attempt) {
        long longest = Math.min(LONGEST_BACKOFF.toMillis(), 100L << Math.min(attempt, 10));
        long until = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(ThreadLocalRandom.current().nextLong(longest + 1));
        try {
            while (!closed && System.nanoTime() < until) {
                wakeUps.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Begins to end. */
    public void stop() {
        closed = true;
        wakeUps.release();
    }

    @Override
    public void close() {
        stop();
        loop.stop();
        loop.join(CLOSE_MILLIS);
    }
}
