package dev.realtime.transport.postgres.internal.publish;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.WeakHashMap;
import org.postgresql.PGConnection;

/** The servers' clocks as they are known here, by connection: another one may lead to another server. Not thread-safe. */
public final class ServerClocks {
    /** What it said, and when it was heard. */
    record Sample(long micros, long nanos) {}

    private final Map<PGConnection, Sample> samples = new WeakHashMap<>();
    private final String askSql;

    public ServerClocks(String schema) {
        askSql = "select \"" + schema + "\".clock_micros()";
    }

    /** What the server's clock said at least at this moment of {@link System#nanoTime}. */
    long atLeast(Connection connection, long nanos) throws SQLException {
        Sample sample = samples.get(connection.unwrap(PGConnection.class));
        if (sample == null) {
            sample = said(connection, ask(connection));
        }
        return sample.micros() + (nanos - sample.nanos()) / 1_000;
    }

    /** An answer that has just come on this connection said this time. */
    Sample said(Connection connection, long micros) throws SQLException {
        Sample sample = new Sample(micros, System.nanoTime());
        samples.put(connection.unwrap(PGConnection.class), sample);
        return sample;
    }

    private long ask(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(askSql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
