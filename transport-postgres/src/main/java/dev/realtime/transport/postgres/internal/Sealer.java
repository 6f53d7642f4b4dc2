package dev.realtime.transport.postgres.internal;

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
 *    └── none any more ── LINGERING ◀ somebody who staged is still open: may send no hint, so it polls slowly
 * </pre>
 *
 * <p>Somebody else's seat is respected for a moment only: its holder may be stopped or cut off.
 */
final class Sealer {
    private enum Stage {
        ASLEEP,
        AWAKE,
        LINGERING
    }

    private static final Duration NEVER = Duration.ofDays(1);
    /** While little is staged, for the delay; */
    private static final Duration POLL_AWAKE = Duration.ofMillis(2);
    /** while much is, so that more goes together. */
    private static final Duration POLL_BUSY = Duration.ofMillis(5);

    private static final int BUSY_ROWS = 8;
    private static final Duration POLL_LINGERING = Duration.ofMillis(20);
    private static final Duration POLL_WAITING_FOR_ANOTHER = Duration.ofMillis(50);
    private static final long QUIET_NANOS = Duration.ofMillis(20).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofMillis(250).toNanos();

    private final SealerSeat seat;
    private final LogWriter writer;
    private Stage stage = Stage.ASLEEP;
    private long lastWork;
    private int lastSealed;
    /** Since when something is staged that the holder of the seat should have sealed; 0 if nothing is. */
    private long waitingSince;

    Sealer(SealerSeat seat, LogWriter writer) {
        this.seat = seat;
        this.writer = writer;
    }

    /** The seat went with the last connection. */
    void reconnected() {
        stage = Stage.ASLEEP;
        waitingSince = 0;
    }

    /** How long the tail may wait before it asks again, if nobody wakes it. */
    Duration interval() {
        return switch (stage) {
            case AWAKE -> lastSealed < BUSY_ROWS ? POLL_AWAKE : POLL_BUSY;
            case LINGERING -> POLL_LINGERING;
            case ASLEEP -> waitingSince != 0 ? POLL_WAITING_FOR_ANOTHER : NEVER;
        };
    }

    /**
     * Seals if there is something to seal and it is this instance's turn. Returns how many events it sealed.
     *
     * @param live whether hints arrive and the connection can hold the seat; if not it seals whatever it finds
     */
    int seal(Connection connection, boolean live, long now) throws SQLException {
        if (stage == Stage.AWAKE) {
            return sealAwake(connection, live, false, now);
        }
        // In this order: who is still open now and commits before the second look is found by it.
        boolean ended = stage == Stage.LINGERING && !seat.hasOpenStagers(connection);
        if (!writer.isStaged(connection)) {
            waitingSince = 0;
            stage = ended ? Stage.ASLEEP : stage;
            return 0;
        }
        if (live && seat.take(connection)) {
            stage = Stage.AWAKE;
            waitingSince = 0;
            lastWork = now;
            return sealAwake(connection, true, true, now);
        }
        if (live && waitingSince == 0) {
            waitingSince = now;
            return 0;
        }
        return !live || now - waitingSince > PATIENCE_NANOS ? writer.sealAll(connection) : 0;
    }

    /** Gives the seat up. */
    void leave(Connection connection) throws SQLException {
        if (stage == Stage.AWAKE) {
            seat.leave(connection);
            stage = Stage.ASLEEP;
        }
    }

    /** @param found whether something is known to be staged */
    private int sealAwake(Connection connection, boolean live, boolean found, long now) throws SQLException {
        int sealed = found ? writer.sealAll(connection) : sealStaged(connection);
        if (sealed > 0) {
            lastWork = now;
            lastSealed = sealed;
        }
        if (live && now - lastWork < QUIET_NANOS) {
            return sealed;
        }
        leave(connection);
        // Who staged while the seat was taken sent no hint: look for them, then at what they committed meanwhile.
        if (seat.hasOpenStagers(connection)) {
            stage = Stage.LINGERING;
        }
        return sealed + sealStaged(connection);
    }

    private int sealStaged(Connection connection) throws SQLException {
        return writer.isStaged(connection) ? writer.sealAll(connection) : 0;
    }
}
