package dev.realtime.transport.postgres.internal;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** Makes the connections of {@code org.postgresql}: the pool, and the tail's own. Thread-safe. */
final class Connections implements AutoCloseable {
    /** The publisher, four replays, two claims, retention and the lookout, and one more for a migration. */
    private static final int POOL_SIZE = 10;

    private static final int CONNECT_SECONDS = 3;
    /** A black hole is noticed within this by the tail, */
    private static final int ANSWER_SECONDS = 5;
    /** and by whoever uses the pool: less than the 10 s in which a publication fails or succeeds. */
    private static final int POOLED_ANSWER_SECONDS = 8;

    /** Our statements are short: compiling them takes longer than running them. */
    private static final String NO_JIT = "set jit = off";

    private static final String WHO_ARE_YOU = "select pg_catalog.pg_backend_pid()";

    /**
     * Of a session of our own, which no pooler shares: plans that a table's growth cannot spoil, and a server that
     * notices within seconds that this side is gone, and with it the seat of the awake sealer.
     */
    private static final String SETTLE_IN = "set jit = off; set enable_seqscan = off; set tcp_keepalives_idle = 5;"
            + " set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3";

    private final PostgresSettings settings;
    private final Route database;
    private final Route direct;
    private final HikariDataSource pool;
    private volatile boolean meetsPooler;

    Connections(PostgresSettings settings) {
        this.settings = settings;
        this.database = new Route(settings.database());
        this.direct = settings.isPooled() ? new Route(settings.direct()) : database;
        HikariConfig config = new HikariConfig();
        config.setPoolName("realtime-" + settings.instance());
        Properties properties = properties(settings.database(), settings.applicationName(), POOLED_ANSWER_SECONDS);
        // Behind a pooler the next statement may go to a server process that never saw this one's name.
        properties.setProperty("prepareThreshold", "0");
        config.setDataSource(new RoutedSource(database, properties));
        config.setConnectionInitSql(NO_JIT);
        config.setMaximumPoolSize(POOL_SIZE);
        config.setMinimumIdle(1);
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setConnectionTimeout(3_000);
        config.setValidationTimeout(2_000);
        config.setInitializationFailTimeout(-1);
        pool = new HikariDataSource(config);
    }

    /** For publishing, replays, retention and migration. */
    DataSource pool() {
        return pool;
    }

    /** Ends the idle connections of the pool, and those in use when they come back: the server may have ended them. */
    void evict() {
        HikariPoolMXBean bean = pool.getHikariPoolMXBean();
        if (bean != null) {
            bean.softEvictConnections();
        }
    }

    /** A connection of its own, meant to go past any pooler. */
    Connection direct() throws SQLException {
        return connect(direct);
    }

    /** A connection of its own that may go through a pooler. */
    Connection detour() throws SQLException {
        return connect(database);
    }

    /**
     * Refuses a connection to a standby, and one of a way of its own that leads elsewhere than the publications go.
     *
     * @param detour whether it goes the way of the publications
     */
    void requireOwnPlace(Connection connection, boolean detour) throws SQLException {
        Whereabouts here = Whereabouts.of(connection);
        here.requirePrimary(detour ? PostgresSettings.DATABASE_URL.name() : settings.directKey());
        if (!detour) {
            requireSamePlace(here);
        }
    }

    /** The same for where such a connection leads. */
    void requireSamePlace(Whereabouts direct) throws SQLException {
        if (settings.isPooled()) {
            try (Connection publishing = pool.getConnection()) {
                direct.requireSameAs(Whereabouts.of(publishing).requirePrimary(PostgresSettings.DATABASE_URL.name()));
            }
        }
    }

    /** Whether the last {@link #direct} connection went through a pooler all the same. */
    boolean meetsPooler() {
        return meetsPooler;
    }

    /** Whether a connection made here goes through a pooler: no session state lasts on it. */
    static boolean isThroughPooler(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getPrepareThreshold() == 0;
    }

    /** The server that {@link #direct} connections lead to now. */
    ServerAddress directServer() throws SQLException {
        return direct.server(tailProperties(direct.url()));
    }

    private Connection connect(Route route) throws SQLException {
        Connection connection = route.connect(tailProperties(route.url()));
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(WHO_ARE_YOU)) {
            row.next();
            PGConnection driven = connection.unwrap(PGConnection.class);
            // A pooler tells its clients an id of its own making.
            boolean pooler = row.getInt(1) != driven.getBackendPID();
            if (pooler) {
                driven.setPrepareThreshold(0);
            } else {
                statement.execute(SETTLE_IN);
            }
            meetsPooler = route == direct ? pooler : meetsPooler;
        }
        return connection;
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
