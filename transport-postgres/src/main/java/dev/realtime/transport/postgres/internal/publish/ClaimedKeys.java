package dev.realtime.transport.postgres.internal.publish;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/** The statements on claimed keys. Stateless. Each is one call of a function, in a transaction of its own. */
public final class ClaimedKeys {
    private final String claimSql;
    private final String forgetSql;

    public ClaimedKeys(String schema) {
        String s = '"' + schema + "\".";
        claimSql = "select " + s + "claim(?, ?)";
        forgetSql = "select " + s + "forget_claims(?)";
    }

    /** Whether the caller gets the key. */
    public boolean claim(Connection connection, String key, Duration ttl) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(claimSql)) {
            statement.setString(1, key);
            statement.setLong(2, ttl.toMillis());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /** Deletes some of those whose time has passed. Returns how many: 0 when there are none. */
    public int forgetEnded(Connection connection, int maxRows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(forgetSql)) {
            statement.setInt(1, maxRows);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }
}
