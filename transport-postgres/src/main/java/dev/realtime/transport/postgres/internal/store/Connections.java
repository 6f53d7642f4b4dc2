package dev.realtime.transport.postgres.internal.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.realtime.transport.postgres.internal.connect.Introduction;
import dev.realtime.transport.postgres.internal.connect.PostgresUrl;
import dev.realtime.transport.postgres.internal.connect.Route;
import dev.realtime.transport.postgres.internal.connect.RoutedSource;
import dev.realtime.transport.postgres.internal.connect.ServerAddress;
import dev.realtime.transport.postgres.internal.connect.SessionSettings;
import dev.realtime.transport.postgres.internal.connect.Whereabouts;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** Makes the connections of {@code org.postgresql}: the pool, and the tail's own. Thread-safe. */
public final class Connections implements AutoCloseable {
    /** The publisher, four replays, two claims, retention and the lookout, and one more for a migration. */
    private static final int POOL_SIZE = 10;

    private static final int CONNECT_SECONDS = 3;
    /** A black hole is noticed within this by the tail, */
    private static final int ANSWER_SECONDS = 5;
    /** and by whoever uses the pool: less than the 10 s in which a publication fails or succeeds. */
    private static final int POOLED_ANSWER_SECONDS = 8;

    /** LISTEN is tried again soon, so it finds out soon. */
    private static final int INTRODUCTION_SECONDS = 2;

    private static final SessionSettings POOLED =
            SessionSettings.answeredWithin(Duration.ofSeconds(POOLED_ANSWER_SECONDS));

    private static final SessionSettings OWN = SessionSettings.ofTail(Duration.ofSeconds(ANSWER_SECONDS));

    private final PostgresSettings settings;
    private final Check room;
    private final Route database;
    private final Route direct;
    private final HikariDataSource pool;

    /** Throws if something is not allowed now; its message says why. */
    public interface Check {
        void require() throws SQLException;
    }

    /** @param room whether one more call that may commit can be made */
    public Connections(PostgresSettings settings, Check room) {
        this.settings = settings;
        this.room = room;
        this.database = new Route(settings.database());
        this.direct = settings.isPooled() ? new Route(settings.direct()) : database;
        HikariConfig config = new HikariConfig();
        config.setPoolName("realtime-" + settings.instance());
        Properties properties = properties(settings.database(), settings.applicationName(), POOLED_ANSWER_SECONDS);
        // Behind a pooler the next statement may go to a server process that never saw this one's name.
        properties.setProperty("prepareThreshold", "0");
        config.setDataSource(new RoutedSource(database, properties, POOLED));
        config.setMaximumPoolSize(POOL_SIZE);
        config.setMinimumIdle(1);
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setConnectionTimeout(3_000);
        config.setValidationTimeout(2_000);
        config.setInitializationFailTimeout(-1);
        pool = new HikariDataSource(config);
    }

    /** For publishing, replays, retention and migration. */
    public DataSource pool() {
        return pool;
    }

    /** One of them for a call that may commit, unless earlier ones of this instance hang at the server. */
    public Connection forWriting() throws SQLException {
        room.require();
        return pool.getConnection();
    }

    /** Ends the idle connections of the pool, and those in use when they come back: the server may have ended them. */
    public void evict() {
        HikariPoolMXBean bean = pool.getHikariPoolMXBean();
        if (bean != null) {
            bean.softEvictConnections();
        }
    }

    /** A connection of its own, meant to go past any pooler. */
    public Connection direct() throws SQLException {
        return connect(direct);
    }

    /** A connection of its own that may go through a pooler. */
    public Connection detour() throws SQLException {
        return connect(database);
    }

    /**
     * Refuses a connection to a standby, and one of a way of its own that leads elsewhere than the publications go.
     *
     * @param detour whether it goes the way of the publications
     */
    public void requireOwnPlace(Connection connection, boolean detour) throws SQLException {
        Whereabouts here = Whereabouts.of(connection);
        here.requirePrimary(detour ? PostgresSettings.DATABASE_URL.name() : settings.directKey());
        if (!detour) {
            requireSamePlace(here);
        }
    }

    /** The same for where such a connection leads. */
    public void requireSamePlace(Whereabouts direct) throws SQLException {
        if (settings.isPooled()) {
            try (Connection publishing = pool.getConnection()) {
                direct.requireSameAs(Whereabouts.of(publishing).requirePrimary(PostgresSettings.DATABASE_URL.name()));
            }
        }
    }

    /** Whether a connection made here goes through a pooler: no session state lasts on it. */
    public static boolean isThroughPooler(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getPrepareThreshold() == 0;
    }

    /** What {@link #direct} connections lead to now: makes one to find out. */
    public Introduction introduce() throws SQLException {
        Properties properties = properties(direct.url(), settings.applicationName("ear"), INTRODUCTION_SECONDS);
        properties.setProperty("connectTimeout", seconds(direct.url().connectTimeout(), INTRODUCTION_SECONDS));
        properties.setProperty("sslResponseTimeout", Integer.toString(INTRODUCTION_SECONDS * 1_000));
        ServerAddress server = direct.server(properties);
        try (Connection connection = direct.connect(properties)) {
            return Introduction.by(connection, server);
        }
    }

    private Connection connect(Route route) throws SQLException {
        Connection connection = route.connect(tailProperties(route.url()));
        try {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            if (OWN.settle(connection)) {
                connection.unwrap(PGConnection.class).setPrepareThreshold(0);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void close() {
        pool.close();
    }

    private Properties tailProperties(PostgresUrl url) {
        return properties(url, settings.applicationName("tail"), ANSWER_SECONDS);
    }

    private static Properties properties(PostgresUrl url, String applicationName, int socketTimeoutSeconds) {
        Properties properties = url.jdbcProperties();
        properties.setProperty("ApplicationName", applicationName);
        Duration connect = url.connectTimeout();
        properties.setProperty("connectTimeout", seconds(connect, CONNECT_SECONDS));
        properties.setProperty("loginTimeout", seconds(connect, ANSWER_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(socketTimeoutSeconds));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("reWriteBatchedInserts", "false");
        properties.setProperty("logServerErrorDetail", "false");
        return properties;
    }

    private static String seconds(@Nullable Duration given, int whenUnset) {
        return Long.toString(given == null ? whenUnset : given.toSeconds());
    }
}
