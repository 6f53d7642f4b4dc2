package dev.realtime.transport.postgres.internal.connect;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What the pool gets its connections from: a {@link Route}. Thread-safe. */
public final class RoutedSource implements DataSource {
    private final Route route;
    private final Properties properties;
    private final SessionSettings session;
    private volatile int loginTimeout;

    public RoutedSource(Route route, Properties properties, SessionSettings session) {
        this.route = route;
        this.properties = properties;
        this.session = session;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = route.connect(properties);
        try {
            session.settle(connection);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the URL says who logs in");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    /** The properties bound the time to connect; the pool reads this again when it closes. */
    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeout = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeout;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("wraps no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }

    @Override
    public String toString() {
        return route.url().toString();
    }
}
