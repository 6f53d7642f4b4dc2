package dev.realtime.transport.postgres.equipment;

import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ForgetfulBackend;
import dev.realtime.transport.testkit.TrimmableBackend;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** A schema of its own on the shared server. */
public final class PostgresBackend implements TrimmableBackend, ForgetfulBackend {
    private final TestPostgres server = TestPostgres.shared();
    private final String schema = server.freshSchema();

    String schema() {
        return schema;
    }

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        return new PostgresAdapterProvider()
                .create(Settings.of(Map.of("DATABASE_URL", server.url(), "REALTIME_SCHEMA", schema)), context);
    }

    @Override
    public void expireAll() {
        execute("update " + schema + ".log set logged_at = logged_at - interval '1 day'");
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            int trimmed;
            do {
                try (ResultSet row = statement.executeQuery("select " + schema + ".trim(5000)")) {
                    row.next();
                    trimmed = row.getInt(1);
                }
            } while (trimmed > 0);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void loseEverything() {
        execute("begin; lock " + schema + ".gate in share row exclusive mode;"
                + " truncate " + schema + ".log, " + schema + ".stage;"
                + " alter sequence " + schema + ".log_offset restart;"
                + " update " + schema + ".floor set trimmed_through = 0, trimmed_check = '0';"
                + " update " + schema + ".store set store_id = 'another'; commit");
    }

    @Override
    public void keep() {
        execute("create table " + schema + ".kept as select head_offset from " + schema + ".log_range");
    }

    @Override
    public void loseWhatCameSince() {
        execute("begin; lock " + schema + ".gate in share row exclusive mode;"
                + " delete from " + schema + ".log where \"offset\" > (select head_offset from " + schema + ".kept);"
                + " select setval('" + schema + ".log_offset', (select head_offset from " + schema + ".kept)); commit");
    }

    @Override
    public void close() {
        execute("drop schema if exists " + schema + " cascade");
    }

    private void execute(String sql) {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
