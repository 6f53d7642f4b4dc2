package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/**
 * Where our sessions look for what a statement names without its schema: in {@code pg_catalog} and nowhere else. A
 * function or operator that somebody made elsewhere may fit a call better than the one that is meant, and would run
 * with our rights. ADR 0013.
 */
public final class PinnedPath {
    /** The value of {@code search_path}. Unnamed, the schema of temporary tables would come first. */
    public static final String PATH = "pg_catalog,pg_temp";

    private static final String WHO_ARE_YOU = "select pg_catalog.pg_backend_pid()";

    private PinnedPath() {}

    /**
     * Pins the path of a session that is ours alone, and says whether it is. Behind a pooler it is not: there a setting
     * would reach somebody else's statements and not all of ours, so every statement of ours names its schemas.
     */
    static boolean pin(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(WHO_ARE_YOU)) {
                row.next();
                // A pooler tells its clients an id of its own making.
                if (row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID()) {
                    return false;
                }
            }
            statement.execute("set search_path = " + PATH);
            return true;
        }
    }
}
