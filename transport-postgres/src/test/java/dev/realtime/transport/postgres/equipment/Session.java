package dev.realtime.transport.postgres.equipment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** A session at the server, as an application has it. */
public record Session(Connection connection, UnaryOperator<String> in) implements AutoCloseable {
    public Session run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(in.apply(sql));
        }
        return this;
    }

    /** The first column of the first row. */
    public String value(String sql, Object... arguments) throws SQLException {
        return column(sql, arguments).get(0);
    }

    public boolean truth(String sql) throws SQLException {
        return value(sql).equals("t");
    }

    /** The first column. */
    public List<String> column(String sql, Object... arguments) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(in.apply(sql))) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                List<String> values = new ArrayList<>();
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
                return values;
            }
        }
    }

    /** What the server says to a statement that it refuses. */
    public ServerErrorMessage refusal(String sql) {
        PSQLException refused = catchThrowableOfType(PSQLException.class, () -> run(sql));
        assertThat((Throwable) refused).as(sql).isNotNull();
        return refused.getServerErrorMessage();
    }

    /** The server's process that serves it. */
    public int pid() throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /** Whether this says that the session ended. */
    public static boolean isDead(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("08") || state.startsWith("57P");
    }

    /** Publishes an event with this id. */
    public Session publish(String id) throws SQLException {
        value("select rt.publish('acme', 'orders.updated', id => ?)", id);
        return this;
    }

    public Session begin() throws SQLException {
        return run("begin");
    }

    public Session commit() throws SQLException {
        return run("commit");
    }

    public Session rollback() throws SQLException {
        return run("rollback");
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
