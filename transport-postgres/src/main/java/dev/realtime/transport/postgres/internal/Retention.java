package dev.realtime.transport.postgres.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trims the log and forgets old claims, a chunk at a time, on a thread of its own. Any instance can; the database lets one at a time. */
final class Retention implements AutoCloseable {
    private static final int CHUNK_ROWS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final DataSource pool;
    private final LogWriter writer;
    private final ClaimedKeys claimed;
    private final BooleanSupplier flows;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "realtime-retention");
        thread.setDaemon(true);
        return thread;
    });

    Retention(DataSource pool, LogWriter writer, ClaimedKeys claimed, BooleanSupplier flows) {
        this.pool = pool;
        this.writer = writer;
        this.claimed = claimed;
        this.flows = flows;
    }

    void start(Duration window) {
        long every = Math.max(500, Math.min(30_000, window.toMillis() / 20));
        timer.scheduleWithFixedDelay(this::trim, every, every, TimeUnit.MILLISECONDS);
    }

    private void trim() {
        if (!flows.getAsBoolean()) {
            return;
        }
        try (Connection connection = pool.getConnection()) {
            while (!timer.isShutdown() && writer.trim(connection, CHUNK_ROWS) > 0) {
                LOG.trace("trimmed a chunk");
            }
            while (!timer.isShutdown() && claimed.forgetEnded(connection, CHUNK_ROWS) > 0) {
                LOG.trace("forgot claims whose time has passed");
            }
        } catch (SQLException | RuntimeException e) {
            LOG.debug("trimming failed, the next round tries again: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
