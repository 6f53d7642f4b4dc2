package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.postgres.internal.publish.LogWriter;
import dev.realtime.transport.postgres.internal.publish.LogWriter.Portion;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Decides when this instance seals what SQL publishers have staged. Owned by the tail's thread.
 *
 * <pre>
 * ASLEEP ──something is staged──▶ AWAKE (holds the seat: publishers send no hints, it polls)
 *    ▲                              │ quiet for a while: leaves the seat, seals once more
 *    ├──────── none is open ────────┤
 *    └── none any more ── LINGERING ◀ somebody who staged is still open, or a connection is new: there may be no hint
 *
 * ASLEEP, LINGERING ──who has the seat doesn't seal──▶ STANDING_IN ──gets the seat──▶ AWAKE
 * </pre>
 *
 * <p>Somebody else's seat is respected for a moment only: its holder may be stopped or cut off, and as long as the
 * server takes that session for alive, publishers send no hints.
 */
final class Sealer {
    private enum Stage {
        ASLEEP,
        AWAKE,
        LINGERING,
        STANDING_IN
    }

    private static final Portion NOTHING = new Portion(0, false);
    private static final Duration NEVER = Duration.ofDays(1);
    /** While little is staged, for the delay; */
    private static final Duration POLL_AWAKE = Duration.ofMillis(2);
    /** while much is, so that more goes together. */
    private static final Duration POLL_BUSY = Duration.ofMillis(8);

    private static final int BUSY_ROWS = 8;
    private static final Duration POLL_LINGERING = Duration.ofMillis(20);
    /** For whom nobody has ended in a while, such as a forgotten prepared transaction. */
    private static final Duration POLL_LINGERING_LONG = Duration.ofMillis(100);

    private static final Duration POLL_OTHERS_SEAT = Duration.ofMillis(50);
    private static final long QUIET_NANOS = Duration.ofMillis(20).toNanos();
    private static final long LONG_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofMillis(250).toNanos();

    private final SealerSeat seat;
    private final LogWriter writer;
    private Stage stage = Stage.ASLEEP;
    private Duration interval = NEVER;
    private long lastWork;
    private int lastSealed;
    private long lingersSince;
    /** Since when something is staged and nothing new has come into the log; 0 if nothing is. */
    private long waitingSince;

    Sealer(SealerSeat seat, LogWriter writer) {
        this.seat = seat;
        this.writer = writer;
    }

    /** The seat went with the last connection, and hints may have been missed. */
    void reconnected(long now) {
        stage = Stage.LINGERING;
        lingersSince = now;
        waitingSince = 0;
    }

    /** Something new was in the log: if somebody else has the seat, he is at work. */
    void progressed() {
        waitingSince = 0;
    }

    /** How long the tail may wait before it asks again, if nobody wakes it. */
    Duration interval() {
        return interval;
    }

    /**
     * Seals a portion if there is something to seal and it is this instance's turn. Returns how many events that was.
     *
     * @param live whether hints arrive and the connection can hold the seat; if not it seals whatever it finds
     */
    int seal(Connection connection, boolean live, long now) throws SQLException {
        Portion portion = stage == Stage.AWAKE
                ? sealAwake(connection, live, writer.isStaged(connection), now)
                : sealIfDue(connection, live, now);
        interval = portion.more() ? Duration.ZERO : untilNext(now);
        return portion.sealed();
    }

    /** Gives the seat up. */
    void leave(Connection connection) throws SQLException {
        if (stage == Stage.AWAKE) {
            seat.leave(connection);
            stage = Stage.ASLEEP;
        }
    }

    private Portion sealIfDue(Connection connection, boolean live, long now) throws SQLException {
        // In this order: who is still open now and commits before the second look is found by it.
        boolean ended = stage == Stage.LINGERING && !seat.hasOpenStagers(connection);
        boolean staged = writer.isStaged(connection);
        if ((staged || stage == Stage.STANDING_IN) && live && seat.take(connection)) {
            stage = Stage.AWAKE;
            waitingSince = 0;
            lastWork = now;
            return sealAwake(connection, true, staged, now);
        }
        if (!staged) {
            waitingSince = 0;
            stage = ended ? Stage.ASLEEP : stage;
            return NOTHING;
        }
        if (!live || stage == Stage.STANDING_IN) {
            return writer.seal(connection);
        }
        if (waitingSince == 0) {
            waitingSince = now;
            return NOTHING;
        }
        if (now - waitingSince <= PATIENCE_NANOS) {
            return NOTHING;
        }
        stage = Stage.STANDING_IN;
        return writer.seal(connection);
    }

    private Portion sealAwake(Connection connection, boolean live, boolean staged, long now) throws SQLException {
        Portion portion = staged ? writer.seal(connection) : NOTHING;
        if (portion.sealed() > 0) {
            lastWork = now;
            lastSealed = portion.sealed();
        }
        if (live && (portion.more() || now - lastWork < QUIET_NANOS)) {
            return portion;
        }
        leave(connection);
        // Who staged while the seat was taken sent no hint: look for them, then at what they committed meanwhile.
        if (seat.hasOpenStagers(connection)) {
            stage = Stage.LINGERING;
            lingersSince = now;
        }
        Portion last = writer.isStaged(connection) ? writer.seal(connection) : NOTHING;
        return new Portion(portion.sealed() + last.sealed(), last.more());
    }

    private Duration untilNext(long now) {
        return switch (stage) {
            case AWAKE -> lastSealed < BUSY_ROWS ? POLL_AWAKE : POLL_BUSY;
            case LINGERING -> now - lingersSince < LONG_NANOS ? POLL_LINGERING : POLL_LINGERING_LONG;
            case STANDING_IN -> POLL_OTHERS_SEAT;
            case ASLEEP -> waitingSince != 0 ? POLL_OTHERS_SEAT : NEVER;
        };
    }
}
