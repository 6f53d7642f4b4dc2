package dev.realtime.transport.postgres.internal.connect;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long a statement may take that carries much: the server's time-out counts what is on its way. Stateless. */
public final class SizeBound {
    /** What carries more than this may take longer by its size. */
    public static final long LARGE_BYTES = 256 << 10;

    /** A way to the server is at least so fast. */
    private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(SizeBound.class);

    private SizeBound() {}

    /** A call with its answer, which the server gives within a bound. */
    public interface Call<T> {
        T make(Duration bound) throws SQLException;
    }

    /**
     * Makes a call that sends so many bytes. The driver's bound begins when all is written, as far as this side's
     * buffers: what is in them may still be on its way. And nothing bounds the writing itself.
     */
    public static <T> T within(Connection connection, long bytes, Call<T> call) throws SQLException {
        int usual = connection.getNetworkTimeout();
        int bound = (int) Math.min(Integer.MAX_VALUE / 2, usual + of(bytes).toMillis());
        CompletableFuture<Void> late = CompletableFuture.runAsync(
                () -> abort(connection), CompletableFuture.delayedExecutor(bound, TimeUnit.MILLISECONDS));
        connection.setNetworkTimeout(Runnable::run, bound);
        try {
            T answer = call.make(Duration.ofMillis(bound).minus(SessionSettings.MARGIN));
            connection.setNetworkTimeout(Runnable::run, usual);
            return answer;
        } finally {
            late.cancel(false);
        }
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("a connection that is too slow could not be ended", e);
        }
    }

    /** How long so many bytes are on their way at the most. */
    public static Duration of(long bytes) {
        return Duration.ofMillis(bytes * 1_000 / SLOWEST_BYTES_PER_SECOND);
    }

    /**
     * What stands before a statement that may take so long. Both go to the server together, as one transaction, whose
     * time-out begins anew with the second: so this is no further round trip, holds behind a pooler, and ends with it.
     */
    public static String sql(Duration atMost) {
        return "select pg_catalog.set_config('statement_timeout', '" + atMost.toMillis() + "', true); ";
    }

    /** Runs both; what the second answers. */
    public static ResultSet run(PreparedStatement statement) throws SQLException {
        statement.execute();
        statement.getMoreResults();
        return statement.getResultSet();
    }
}
