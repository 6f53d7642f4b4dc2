package dev.realtime.transport.postgres.internal.listen;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import com.impossibl.postgres.jdbc.PGDriver;
import dev.realtime.transport.postgres.internal.connect.Introduction;
import dev.realtime.transport.postgres.internal.connect.PinnedPath;
import dev.realtime.transport.postgres.internal.connect.PostgresUrl;
import dev.realtime.transport.postgres.internal.connect.ServerDoor;
import dev.realtime.transport.postgres.internal.connect.SessionSettings;
import dev.realtime.transport.postgres.internal.connect.Whereabouts;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.settings.Secrets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An {@link Ear} by pgjdbc-ng, which pushes notifications as they come. The only file that knows this driver. Never
 * a batch on it: that commits in the middle of a transaction.
 */
public final class PgNgEar implements Ear {
    private static final Duration OPEN_DEADLINE = Duration.ofSeconds(4);
    private static final Duration KNOCK_TIMEOUT = Duration.ofSeconds(2);
    private static final int NETWORK_TIMEOUT_MILLIS = 2_000;

    /**
     * One more parameter of the start-up message. The driver has no setting for it, and its own first statements run
     * before any of ours: a value ends at its NUL, so a name and a value can follow. Under quote_all_identifiers it
     * could not even connect.
     */
    private static final String PINNED =
            "\0options\0-c search_path=" + PinnedPath.PATH + " -c quote_all_identifiers=off";

    private static final SessionSettings SESSION =
            SessionSettings.answeredWithin(Duration.ofMillis(NETWORK_TIMEOUT_MILLIS));

    private static final Logger LOG = LoggerFactory.getLogger(PgNgEar.class);

    private final PGConnection connection;
    private final PGNotificationListener listener;
    private final Whereabouts place;
    private final String pulseSql;
    private final ServerDoor door;

    private PgNgEar(
            ServerDoor door,
            PGConnection connection,
            PGNotificationListener listener,
            Whereabouts place,
            String channel) {
        this.door = door;
        this.connection = connection;
        this.listener = listener;
        this.place = place;
        this.pulseSql = "select pg_catalog.pg_backend_pid(), pg_catalog.pg_is_in_recovery(), exists (select from"
                + " pg_catalog.pg_listening_channels() \"LISTEN\"(channel) where channel operator(pg_catalog.=) '"
                + channel + "')";
    }

    /** See {@link Ear.Opener}. */
    public static Ear open(PostgresSettings settings, Introduction to, Callback callback) throws SQLException {
        try {
            return open(settings, to, callback, true);
        } catch (SQLException e) {
            // A pooler takes no further parameters. It may still be one in session mode, which carries LISTEN.
            if (!String.valueOf(e.getMessage()).contains("startup parameter")) {
                throw e;
            }
            return open(settings, to, callback, false);
        }
    }

    private static Ear open(PostgresSettings settings, Introduction to, Callback callback, boolean pinned)
            throws SQLException {
        PostgresUrl url = settings.direct();
        Duration given = url.connectTimeout();
        ServerDoor door = ServerDoor.open(to.server(), url.encryption(), given == null ? KNOCK_TIMEOUT : given);
        CompletableFuture<Ear> opening = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return connect(settings, to, door, callback, pinned);
                    } catch (SQLException | RuntimeException e) {
                        door.close();
                        throw new CompletionException(e);
                    }
                },
                task -> {
                    Thread thread = new Thread(task, "realtime-ear");
                    thread.setDaemon(true);
                    thread.start();
                });
        try {
            Duration deadline = given == null ? OPEN_DEADLINE : given;
            return opening.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            opening.thenAccept(Ear::close);
            door.close();
            throw new SQLException("no answer in time", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SQLException sql
                    ? sql
                    : new SQLException(Secrets.masked(String.valueOf(e.getCause())), e.getCause());
        } catch (InterruptedException e) {
            opening.thenAccept(Ear::close);
            door.close();
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        }
    }

    private static Ear connect(
            PostgresSettings settings, Introduction to, ServerDoor door, Callback callback, boolean pinned)
            throws SQLException {
        Properties properties = settings.direct().credentials();
        properties.setProperty("ssl.mode", "disable"); // the door sees to it
        properties.setProperty("application.name", settings.applicationName("ear") + (pinned ? PINNED : ""));
        properties.setProperty("housekeeper", "false");
        properties.setProperty("network.timeout", Integer.toString(NETWORK_TIMEOUT_MILLIS));
        PGConnection connection = new PGDriver()
                .connect(settings.direct().jdbcNg(door.address()), properties)
                .unwrap(PGConnection.class);
        PGNotificationListener listener = new PGNotificationListener() {
            @Override
            public void notification(int processId, String channelName, String payload) {
                callback.heard(processId, payload);
            }

            @Override
            public void closed() {
                callback.closed();
            }
        };
        try (Statement statement = connection.createStatement()) {
            if (!to.pooler()) {
                statement.execute(SESSION.sql());
            }
            Whereabouts place = Whereabouts.of(connection).requirePrimary(settings.directKey());
            PgNgEar ear = new PgNgEar(door, connection, listener, place, settings.channel());
            connection.addNotificationListener("realtime", settings.channel(), listener);
            statement.execute("LISTEN " + settings.channel());
            return ear;
        } catch (SQLException | RuntimeException e) {
            abort(connection);
            throw e;
        }
    }

    @Override
    public void checkPulse() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(pulseSql)) {
            row.next();
            if (row.getInt(1) != place.backend()) {
                throw new SQLException("another server process answers on the LISTEN connection: a pooler is in the"
                        + " way; set DATABASE_LISTEN_URL to the server itself");
            }
            if (row.getBoolean(2)) {
                throw new SQLException("the server has become a standby");
            }
            if (!row.getBoolean(3)) {
                throw new SQLException("the server has forgotten LISTEN: somebody reset the session");
            }
        }
    }

    @Override
    public Whereabouts place() {
        return place;
    }

    @Override
    public void close() {
        connection.removeNotificationListener(listener);
        abort(connection);
        door.close();
    }

    private static void abort(PGConnection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            LOG.debug("aborting the LISTEN connection failed: {}", Secrets.messageOf(e));
        }
    }
}
