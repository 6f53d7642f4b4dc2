package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.log.HollowWakes;
import dev.realtime.transport.postgres.internal.server.Trespassers;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Trouble;
import dev.realtime.transport.runtime.Troubles;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.testkit.RecordingSink;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What others do at the database is a trouble of the instance until it is over, and the instance stays live. */
class TrespassersTest {
    private static final TestPostgres SERVER = TestPostgres.shared();

    private final String schema = SERVER.freshSchema();
    private final String app = "app_" + schema;
    private final Supervisor supervisor = Supervisor.standard();
    private final Troubles troubles = supervisor.troubles();
    private final RecordingSink sink = new RecordingSink();
    private PostgresAdapter adapter;
    private Connection other;

    @BeforeEach
    void start() throws SQLException {
        PostgresSettings settings = PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", SERVER.url(), "REALTIME_SCHEMA", schema)),
                new AdapterContext("one", schema, Duration.ofMinutes(10), Clock.systemUTC()));
        adapter = new PostgresAdapter(settings, Timing.STANDARD.faster(20), Warnings.STANDARD, supervisor);
        adapter.start(sink);
        sink.awaitStatus(State.LIVE);
        other = SERVER.connect();
        run("create schema " + app + "; set search_path = " + app);
    }

    @AfterEach
    void stop() throws SQLException {
        adapter.close();
        run("drop schema " + app + " cascade; drop schema \"" + schema + "\" cascade");
        other.close();
    }

    @Test
    void aWatchThatHasEndedIsATroubleUntilItBeginsAgain() throws SQLException {
        run("create table orders (id integer primary key); select \"" + schema + "\".watch('orders')");
        run("alter table orders rename to old_orders; create table orders (id integer primary key)");

        awaitTrouble(Trespassers.WATCHES, app + ".orders");
        run("select \"" + schema + "\".watch('orders')");
        awaitNoTrouble();
    }

    @Test
    void whoHoldsTheSealersLockIsNamed() throws SQLException {
        run("select pg_advisory_lock(space, key) from \"" + schema + "\".awake_key()");

        awaitTrouble(
                Trespassers.SEAT,
                "pid " + other.unwrap(org.postgresql.PGConnection.class).getBackendPID());
        run("select \"" + schema + "\".publish('acme', 'orders.paid', id => 'all-the-same')");
        await().until(() -> sink.ids().contains("all-the-same"));
        run("select pg_advisory_unlock_all()");
        awaitNoTrouble();
        assertThat(sink.calls(RecordingSink.Call.Status.class))
                .extracting(call -> call.status().state())
                .containsOnly(State.LIVE);
    }

    @Test
    void whoNotifiesOurChannelInVainIsNamedAndHasNobodyLookAllTheTime() throws Exception {
        String flood = "do $$ declare ends timestamptz := clock_timestamp() + interval '4 s'; begin"
                + " while clock_timestamp() < ends loop perform pg_notify((select channel from \"" + schema
                + "\".store), random()::text); commit; end loop; end $$";
        try (Connection publisher = SERVER.connect();
                Statement sql = publisher.createStatement()) {
            CompletableFuture<Void> flooding = CompletableFuture.runAsync(() -> {
                try {
                    run(flood);
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            awaitTrouble(
                    HollowWakes.PART,
                    "pid " + other.unwrap(org.postgresql.PGConnection.class).getBackendPID());
            long before = looks(sql);
            long since = System.nanoTime();
            sql.execute("select \"" + schema + "\".publish('acme', 'orders.paid', id => 'all-the-same')");
            await().until(() -> sink.ids().contains("all-the-same"));
            flooding.join();
            long millis = (System.nanoTime() - since) / 1_000_000;
            assertThat((looks(sql) - before) * 1_000 / millis)
                    .as("looks a second")
                    .isLessThan(300);
        }
        awaitNoTrouble();
        assertThat(sink.calls(RecordingSink.Call.Status.class))
                .extracting(call -> call.status().state())
                .containsOnly(State.LIVE);
    }

    /** Scans of the log so far, by whichever index. */
    private long looks(Statement sql) throws SQLException {
        try (ResultSet row = sql.executeQuery("select coalesce(idx_scan, 0) + seq_scan from pg_stat_all_tables"
                + " where relname = 'log' and schemaname = '" + schema + "'")) {
            row.next();
            return row.getLong(1);
        }
    }

    private void awaitTrouble(String part, String named) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> troubles.all().stream()
                        .anyMatch((Trouble trouble) ->
                                trouble.part().equals(part) && trouble.cause().contains(named) && !trouble.blocking()));
    }

    private void awaitNoTrouble() {
        await().atMost(Duration.ofSeconds(20)).until(() -> troubles.all().isEmpty());
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = other.createStatement()) {
            statement.execute(sql);
        }
    }
}
