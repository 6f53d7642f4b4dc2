package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.postgres.internal.connect.OneValue;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Who is the awake sealer: holder of a session lock that SQL publishers try. While somebody holds it they send no
 * hint. Stateless; the lock belongs to the connection and goes with it.
 */
public final class SealerSeat {
    private final String takeSql;
    private final String leaveSql;
    private final String openStagersSql;

    public SealerSeat(String schema) {
        String s = '"' + schema + "\".";
        takeSql = "select pg_catalog.pg_try_advisory_lock(space, key) from " + s + "awake_key()";
        leaveSql = "select pg_catalog.pg_advisory_unlock(space, key) from " + s + "awake_key()";
        // Who has staged and not ended holds this lock; so do prepared transactions.
        openStagersSql =
                "select exists (select from pg_catalog.pg_locks where locktype operator(pg_catalog.=) 'relation'"
                        + " and mode operator(pg_catalog.=) 'RowExclusiveLock' and relation operator(pg_catalog.=) '"
                        + s
                        + "stage'::pg_catalog.regclass and database operator(pg_catalog.=) (select oid from"
                        + " pg_catalog.pg_database where datname operator(pg_catalog.=) pg_catalog.current_database())"
                        + " and not coalesce(pid operator(pg_catalog.=) pg_catalog.pg_backend_pid(), false))";
    }

    /** Sits down; false if another instance does. */
    public boolean take(Connection connection) throws SQLException {
        return OneValue.truth(connection, takeSql);
    }

    public void leave(Connection connection) throws SQLException {
        OneValue.truth(connection, leaveSql);
    }

    /** Whether transactions are open that have staged: they may have seen the seat taken and sent no hint. */
    public boolean hasOpenStagers(Connection connection) throws SQLException {
        return OneValue.truth(connection, openStagersSql);
    }
}
