package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.postgres.internal.publish.ClaimedKeys;
import dev.realtime.transport.postgres.internal.publish.LogWriter;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Timer;
import dev.realtime.transport.settings.Secrets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trims the log and forgets old claims, a chunk at a time, on a thread of its own. Any instance can; the database lets one at a time. */
public final class Retention implements AutoCloseable {
    private static final int CHUNK_ROWS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final DataSource pool;
    private final LogWriter writer;
    private final ClaimedKeys claimed;
    private final BooleanSupplier flows;
    private final Timer timer;

    public Retention(
            DataSource pool, LogWriter writer, ClaimedKeys claimed, BooleanSupplier flows, Supervisor supervisor) {
        this.timer = supervisor.timer("realtime-retention");
        this.pool = pool;
        this.writer = writer;
        this.claimed = claimed;
        this.flows = flows;
    }

    public void start(Duration window) {
        long every = Math.max(500, Math.min(30_000, window.toMillis() / 20));
        timer.every(Duration.ofMillis(every), this::trim);
    }

    private void trim() {
        if (!flows.getAsBoolean()) {
            return;
        }
        try (Connection connection = pool.getConnection()) {
            while (!timer.isClosed() && writer.trim(connection, CHUNK_ROWS) > 0) {
                LOG.trace("trimmed a chunk");
            }
            while (!timer.isClosed() && claimed.forgetEnded(connection, CHUNK_ROWS) > 0) {
                LOG.trace("forgot claims whose time has passed");
            }
        } catch (SQLException e) {
            LOG.debug("trimming failed, the next round tries again: {}", Secrets.messageOf(e));
        }
    }

    @Override
    public void close() {
        timer.close();
    }
}
