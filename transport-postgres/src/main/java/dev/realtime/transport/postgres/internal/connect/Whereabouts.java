package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The identity of the server that a connection leads to: cluster, database, timeline and role. Asks nothing of our
 * schema, so it answers also where that is missing.
 *
 * @param system the cluster's identifier
 * @param databaseOid the database in the cluster
 * @param timeline another one after a failover; empty on a standby
 * @param database the database's name
 * @param standby whether nothing can be written there
 * @param backend the server process
 */
public record Whereabouts(
        String system, String databaseOid, String timeline, String database, boolean standby, int backend) {
    private static final String SQL =
            "select (select system_identifier from pg_catalog.pg_control_system())::pg_catalog.text,"
                    + " (select oid from pg_catalog.pg_database where datname operator(pg_catalog.=)"
                    + " pg_catalog.current_database())::pg_catalog.text,"
                    + " case when pg_catalog.pg_is_in_recovery() then '' else"
                    + " pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) end,"
                    + " pg_catalog.current_database()::pg_catalog.text, pg_catalog.pg_is_in_recovery(),"
                    + " pg_catalog.pg_backend_pid()";

    /** Asks, in one read. */
    public static Whereabouts of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SQL)) {
            row.next();
            return new Whereabouts(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getBoolean(5),
                    row.getInt(6));
        }
    }

    /** Refuses a standby: it takes no events and no LISTEN. */
    public Whereabouts requirePrimary(String key) throws SQLException {
        if (standby) {
            throw new SQLException(
                    key + " leads to a standby, which takes no events and no LISTEN: set it to the primary");
        }
        return this;
    }

    /**
     * Refuses two ways that lead to different logs: what is published on one would never be heard on the other.
     *
     * @param published where publications go
     */
    public void requireSameAs(Whereabouts published) throws SQLException {
        String difference = differenceTo(published);
        if (!difference.isEmpty()) {
            throw new SQLException("DATABASE_LISTEN_URL leads to " + difference + ": set both to the same database");
        }
    }

    /** Refuses to read at another place than LISTEN is at. */
    public void requireSameAsListener(Whereabouts listener) throws SQLException {
        if (!system.equals(listener.system)
                || !databaseOid.equals(listener.databaseOid)
                || !timeline.equals(listener.timeline)) {
            throw new SQLException("this connection leads to another server than LISTEN does: a failover?");
        }
    }

    private String differenceTo(Whereabouts other) {
        if (!system.equals(other.system)) {
            return "another server than DATABASE_URL";
        }
        if (!databaseOid.equals(other.databaseOid)) {
            return "the database '" + database + "', DATABASE_URL to '" + other.database + "'";
        }
        return timeline.equals(other.timeline) ? "" : "another server than DATABASE_URL since a failover";
    }
}
