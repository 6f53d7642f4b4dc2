package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/**
 * What the driver that listens has to know of a server before it connects. Immutable.
 *
 * @param server where it is
 * @param pooler whether a pooler stands in front of it
 */
public record Introduction(ServerAddress server, boolean pooler) {
    private static final String SQL = "select pg_catalog.pg_backend_pid()";

    /** Asks by a new connection, on which nothing has been set yet. */
    public static Introduction by(Connection connection, ServerAddress server) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(SQL)) {
            row.next();
            // A pooler tells its clients an id of its own making.
            boolean pooler =
                    row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();
            return new Introduction(server, pooler);
        }
    }
}
