package dev.realtime.transport.postgres.internal;

import com.impossibl.postgres.api.jdbc.PGConnection;
import com.impossibl.postgres.api.jdbc.PGNotificationListener;
import com.impossibl.postgres.jdbc.PGDriver;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
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
final class PgNgEar implements Ear {
    private static final Duration OPEN_DEADLINE = Duration.ofSeconds(4);
    private static final int NETWORK_TIMEOUT_MILLIS = 2_000;
    /** Length 8, code 80877103: PostgreSQL's protocol, "SSLRequest". */
    private static final long SSL_REQUEST = 8L << 32 | 80_877_103L;

    private static final Logger LOG = LoggerFactory.getLogger(PgNgEar.class);

    private final PGConnection connection;
    private final PGNotificationListener listener;

    private PgNgEar(PGConnection connection, PGNotificationListener listener) {
        this.connection = connection;
        this.listener = listener;
    }

    /** See {@link Ear.Opener}. */
    static Ear open(PostgresSettings settings, Callback callback) throws SQLException {
        boolean speaksTls = speaksTls(settings.direct());
        CompletableFuture<Ear> opening = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return connect(settings, speaksTls, callback);
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                task -> {
                    Thread thread = new Thread(task, "realtime-ear");
                    thread.setDaemon(true);
                    thread.start();
                });
        try {
            return opening.get(OPEN_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            opening.thenAccept(Ear::close);
            throw new SQLException("no answer in time", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof SQLException sql ? sql : new SQLException(e.getCause());
        } catch (InterruptedException e) {
            opening.thenAccept(Ear::close);
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        }
    }

    /**
     * Asks the server whether it speaks TLS, as every client does first. The driver itself waits for a minute,
     * uninterruptibly, for a server that has taken this question and says nothing or ends: so it asks only a server
     * that said yes.
     */
    private static boolean speaksTls(PostgresUrl url) throws SQLException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.host(), url.port()), NETWORK_TIMEOUT_MILLIS);
            socket.setSoTimeout(NETWORK_TIMEOUT_MILLIS);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeLong(SSL_REQUEST);
            int answer = socket.getInputStream().read();
            if (answer < 0) {
                throw new SQLException("the server closed the connection");
            }
            if (answer != 'S' && url.sslMode().isRequired()) {
                throw new SQLException("the server does not speak TLS, and sslmode is "
                        + url.sslMode().text());
            }
            return answer == 'S';
        } catch (IOException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    private static Ear connect(PostgresSettings settings, boolean speaksTls, Callback callback) throws SQLException {
        Properties properties = settings.direct().ngProperties(speaksTls);
        properties.setProperty("application.name", settings.applicationName());
        properties.setProperty("housekeeper", "false");
        properties.setProperty("network.timeout", Integer.toString(NETWORK_TIMEOUT_MILLIS));
        PGConnection connection =
                new PGDriver().connect(settings.direct().jdbcNg(), properties).unwrap(PGConnection.class);
        PGNotificationListener listener = new PGNotificationListener() {
            @Override
            public void notification(int processId, String channelName, String payload) {
                callback.heard(payload);
            }

            @Override
            public void closed() {
                callback.closed();
            }
        };
        PgNgEar ear = new PgNgEar(connection, listener);
        try (Statement statement = connection.createStatement()) {
            connection.addNotificationListener("realtime", settings.channel(), listener);
            statement.execute("LISTEN " + settings.channel());
            return ear;
        } catch (SQLException | RuntimeException e) {
            ear.close();
            throw e;
        }
    }

    @Override
    public boolean isAlive(Duration deadline) throws SQLException {
        return connection.isValid((int) deadline.toSeconds());
    }

    @Override
    public void close() {
        connection.removeNotificationListener(listener);
        try {
            connection.abort(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            LOG.debug("aborting the LISTEN connection failed: {}", e.getMessage());
        }
    }
}
