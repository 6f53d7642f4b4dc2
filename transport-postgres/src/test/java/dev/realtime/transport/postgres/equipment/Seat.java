package dev.realtime.transport.postgres.equipment;

import java.sql.SQLException;

/** The seat of the awake sealer, as others see it. */
public final class Seat {
    private static final String HOLDERS = "select l.pid from pg_locks l, rt.awake_key() k where l.locktype = 'advisory'"
            + " and l.classid = k.space::oid and l.objid::bigint = k.key::bigint & 4294967295"
            + " and l.mode = 'ExclusiveLock' and l.granted";

    private Seat() {}

    public static boolean isTaken(Session session) throws SQLException {
        return !session.column(HOLDERS).isEmpty();
    }

    public static void awaitTaken(Session session) {
        Store.await().until(() -> isTaken(session));
    }

    public static void awaitFree(Session session) {
        Store.await().until(() -> !isTaken(session));
    }

    /** Ends the connection of whoever sits there, if anybody does. */
    public static void killHolder(Session session) throws SQLException {
        session.column("select pg_terminate_backend(pid) from (" + HOLDERS + ") h");
    }

    public static void take(Session session) throws SQLException {
        session.value("select pg_advisory_lock(space, key) from rt.awake_key()");
    }

    public static void leave(Session session) throws SQLException {
        session.value("select pg_advisory_unlock(space, key) from rt.awake_key()");
    }
}
