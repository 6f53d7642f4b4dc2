package dev.realtime.transport.postgres.internal.store;

import dev.realtime.transport.postgres.internal.connect.OneValue;
import dev.realtime.transport.settings.Secrets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The schema: brings it to this program's version or checks that it is. Not thread-safe; its caller is the tail. */
public final class Schema {
    /** The version that this program's statements are written for. */
    static final int VERSION = 22;

    private static final Logger LOG = LoggerFactory.getLogger(Schema.class);

    private final PostgresSettings settings;
    private final SchemaHistory history;

    public Schema(PostgresSettings settings) {
        this.settings = settings;
        this.history = new SchemaHistory(settings.schema());
    }

    /**
     * Makes sure that the schema is there and fits. Several instances may do so at once: Flyway lets one migrate.
     *
     * @throws SQLException if it is not and may not be made so; its message says what to do
     */
    public void ensure(DataSource dataSource, Connection connection) throws SQLException {
        int found = history.version(connection);
        if (found < VERSION && history.isBehind(connection, found)) {
            found = history.write(connection, settings.migrates());
        }
        if (found < VERSION) {
            if (!settings.migrates()) {
                throw new SQLException("the schema '" + settings.schema() + "'"
                        + (found == 0 ? " is not in the database '" + connection.getCatalog() + "' (" : " is at (")
                        + "version " + found + ", this program needs " + VERSION + "), and "
                        + PostgresSettings.MIGRATE.name() + " is false: run `migrate` first"
                        + (found == 0 ? ", if it is the right database" : ""));
            }
            refuseForeign(connection);
            migrate(dataSource);
        }
        fill(connection);
        agree(connection, found > VERSION ? found : VERSION);
    }

    /** Fills tables that lack what nothing works without. */
    private void fill(Connection connection) throws SQLException {
        String schema = '"' + settings.schema() + "\".";
        if (!OneValue.truth(connection, "select " + schema + "is_emptied()")) {
            return;
        }
        String what = "the schema '" + settings.schema() + "' has lost rows of store, floor or tick, as after a restore"
                + " without data";
        if (!settings.migrates()) {
            throw new SQLException(
                    what + ", and " + PostgresSettings.MIGRATE.name() + " is false: run `migrate` first");
        }
        try (PreparedStatement plant = connection.prepareStatement("select " + schema + "plant(?, ?)")) {
            plant.setLong(1, settings.replayWindow().toSeconds());
            plant.setInt(2, settings.maxPayloadBytes());
            plant.execute();
        }
        LOG.warn("{}: they are there again, and a new epoch begins: every stream is told a gap", what);
    }

    /** A schema with something in it but without our history. Another instance, migrating now, begins with that. */
    private void refuseForeign(Connection connection) throws SQLException {
        try (PreparedStatement others = connection.prepareStatement(
                "select exists (select from pg_catalog.pg_class where relnamespace operator(pg_catalog.=) n.oid)"
                        + " or exists (select from pg_catalog.pg_proc where pronamespace operator(pg_catalog.=) n.oid)"
                        + " or exists (select from pg_catalog.pg_type where typnamespace operator(pg_catalog.=) n.oid)"
                        + " from pg_catalog.pg_namespace n where n.nspname operator(pg_catalog.=) ?")) {
            others.setString(1, settings.schema());
            try (ResultSet row = others.executeQuery()) {
                if (row.next() && row.getBoolean(1) && !history.isThere(connection)) {
                    throw new SQLException("the schema '" + settings.schema() + "' exists and is not ours: set "
                            + PostgresSettings.SCHEMA.name() + " to another name");
                }
            }
        }
    }

    private void migrate(DataSource dataSource) throws SQLException {
        try {
            Flyway.configure(Schema.class.getClassLoader())
                    .dataSource(dataSource)
                    .schemas(settings.schema())
                    .createSchemas(true)
                    .table(SchemaHistory.TABLE)
                    .locations("classpath:dev/realtime/transport/postgres/migration")
                    .placeholders(Map.of(
                            "schema", settings.schema(),
                            "channel", settings.channel(),
                            "replay_window_seconds",
                                    Long.toString(settings.replayWindow().toSeconds()),
                            "max_payload_bytes", Integer.toString(settings.maxPayloadBytes())))
                    .target(MigrationVersion.fromVersion(Integer.toString(VERSION)))
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new SQLException("the schema '" + settings.schema() + "' cannot be migrated: " + firstLine(e), e);
        }
        LOG.info("schema '{}' is at version {}", settings.schema(), VERSION);
    }

    /** What is kept in the database wins, so that all instances agree; a difference is named. */
    private void agree(Connection connection, int version) throws SQLException {
        try (PreparedStatement store = connection.prepareStatement(
                        "select channel, extract(epoch from replay_window)::pg_catalog.int8, min_compatible from \""
                                + settings.schema() + "\".store");
                ResultSet row = store.executeQuery()) {
            if (!row.next()) {
                throw new SQLException("the schema '" + settings.schema() + "' has lost its store row");
            }
            if (row.getInt(3) > VERSION) {
                throw new SQLException("the schema '" + settings.schema() + "' is at version " + version
                        + " and works with programs from " + row.getInt(3) + " on; this one is " + VERSION);
            }
            if (!row.getString(1).equals(settings.channel())) {
                throw new SQLException("the schema '" + settings.schema() + "' belongs to the channel '"
                        + row.getString(1) + "', REALTIME_KEY_PREFIX makes it '" + settings.channel() + "'");
            }
            long kept = row.getLong(2);
            long asked = settings.replayWindow().toSeconds();
            if (kept != asked) {
                LOG.warn("REALTIME_REPLAY_WINDOW_SECONDS is {} here but {} in the database, which counts", asked, kept);
            }
        }
    }

    private static String firstLine(Exception e) {
        List<String> lines =
                Secrets.messageOf(e).lines().filter(line -> !line.isBlank()).toList();
        return lines.isEmpty() ? e.getClass().getSimpleName() : lines.get(0);
    }
}
