package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Asks for what one row of one column answers. Stateless. */
public final class OneValue {
    private OneValue() {}

    /** False for null too. */
    public static boolean truth(Connection connection, String sql) throws SQLException {
        return of(connection, sql, row -> row.getBoolean(1));
    }

    /** 0 for null too. */
    public static int number(Connection connection, String sql) throws SQLException {
        return of(connection, sql, row -> row.getInt(1));
    }

    public static String text(Connection connection, String sql) throws SQLException {
        return of(connection, sql, row -> row.getString(1));
    }

    private interface Read<T> {
        T from(ResultSet row) throws SQLException;
    }

    private static <T> T of(Connection connection, String sql, Read<T> read) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return read.from(row);
        }
    }
}
