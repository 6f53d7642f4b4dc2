package dev.realtime.transport.postgres.internal.store;

import dev.realtime.transport.postgres.internal.connect.OneValue;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the schema says of its version: in Flyway's table, and in a comment of each migration that a dump without data
 * keeps. Where the table says less, somebody emptied it. Not thread-safe.
 */
final class SchemaHistory {
    static final String TABLE = "schema_history";

    private static final Logger LOG = LoggerFactory.getLogger(SchemaHistory.class);

    private final String schema;
    private final String table;
    private final String store;

    SchemaHistory(String schema) {
        this.schema = schema;
        this.table = '"' + schema + "\".\"" + TABLE + '"';
        this.store = '"' + schema + "\".\"store\"";
    }

    boolean isThere(Connection connection) throws SQLException {
        return isThere(connection, table);
    }

    /** The version by the table; 0 if there is none. */
    int version(Connection connection) throws SQLException {
        return isThere(connection)
                ? OneValue.number(
                        connection,
                        "select coalesce(pg_catalog.max(version::pg_catalog.int4), 0) from " + table
                                + " where success and version is not null")
                : 0;
    }

    /** Whether the table says less than is there. A migration that is just being committed looks so too. */
    boolean isBehind(Connection connection, int version) throws SQLException {
        if (!isThere(connection) || !isThere(connection, store)) {
            return false;
        }
        return version == 0 || kept(connection) > version;
    }

    /**
     * Writes the version into the table if that says less, once nobody migrates. Returns the version.
     *
     * @throws SQLException if that cannot be done; its message says what to do
     */
    int write(Connection connection, boolean migrates) throws SQLException {
        String emptied = "the schema '" + schema + "' has tables, and " + TABLE
                + " does not know their version, as after a" + " restore without data";
        if (!migrates) {
            throw new SQLException(emptied + "; " + PostgresSettings.MIGRATE.name() + " is false: run `migrate` first");
        }
        connection.setAutoCommit(false);
        try {
            try (Statement lock = connection.createStatement()) {
                // Who migrates has read it in the transaction that is to write it.
                lock.execute("lock table " + table + " in access exclusive mode");
            }
            int found = version(connection);
            int kept = kept(connection);
            if (isBehind(connection, found)) {
                if (kept == 0) {
                    throw new SQLException(
                            emptied + ", and nothing else does: restore it with its data, or drop the schema"
                                    + " and start again, which loses what is in it");
                }
                if (kept > Schema.VERSION) {
                    throw new SQLException(emptied + "; they are at version " + kept + ", this program at "
                            + Schema.VERSION + ": start a program of that version, which writes it down again");
                }
                insert(connection, kept);
                LOG.warn("{}: it is written down again, version {}", emptied, kept);
                found = kept;
            }
            connection.commit();
            return found;
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** As Flyway does where tables are older than it. */
    private void insert(Connection connection, int version) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("insert into " + table
                + " (installed_rank, version, description, type, script, installed_by, execution_time, success)"
                + " select coalesce(pg_catalog.max(h.installed_rank), 0) operator(pg_catalog.+) 1, ?,"
                + " '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', current_user, 0, true from " + table
                + " h")) {
            insert.setString(1, Integer.toString(version));
            insert.executeUpdate();
        }
    }

    /** The version by the comment; 0 if there is none: before version 20 none was made. */
    private int kept(Connection connection) throws SQLException {
        return OneValue.number(
                connection,
                "select coalesce(pg_catalog.substring(pg_catalog.obj_description('" + store
                        + "'::pg_catalog.regclass, 'pg_class'), '[0-9]{1,6}$')::pg_catalog.int4, 0)");
    }

    private static boolean isThere(Connection connection, String name) throws SQLException {
        try (PreparedStatement exists = connection.prepareStatement("select pg_catalog.to_regclass(?) is not null")) {
            exists.setString(1, name);
            try (ResultSet row = exists.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }
}
