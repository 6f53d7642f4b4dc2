package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.server.Lookout;
import dev.realtime.transport.postgres.internal.server.Peers;
import dev.realtime.transport.postgres.internal.server.Survey;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.Fingerprint;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.runtime.Measure;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.slf4j.LoggerFactory;

/** What grows at the server is seen before it hurts, and so are the other instances. */
class LookoutTest {
    /** The queue has 8 GB: some pages of it are enough here. */
    private static final Warnings EARLY =
            new Warnings(0.000002, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO);

    private static final Timing FAST = Timing.STANDARD.faster(20);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static OwnPostgres server;

    private final List<PostgresAdapter> instances = new ArrayList<>();
    private final List<RecordingSink> sinks = new ArrayList<>();
    private Connection other;

    @BeforeAll
    static void startServer() {
        server = OwnPostgres.started();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void start() throws Exception {
        other = server.connect();
        instance("one", Map.of(), 600);
    }

    @AfterEach
    void stop() throws Exception {
        instances.forEach(PostgresAdapter::close);
        other.close();
        try (Connection connection = server.connect()) {
            if (one(connection, "select count(*) from pg_prepared_xacts").equals("1")) {
                run(connection, "rollback prepared E'for\\ngotten'");
            }
            run(connection, "drop schema rt cascade; drop schema if exists rt2 cascade");
        }
    }

    @Test
    void whoHoldsTheNotificationQueueIsNamedBeforeItIsFullAndAllIsWellOnceHeLetsGo() throws Exception {
        run(other, "listen elsewhere");
        other.setAutoCommit(false);
        String pid = one(other, "select pg_backend_pid()");
        try (Connection chatty = server.connect()) {
            run(chatty, "select pg_notify('elsewhere', n || repeat('x', 7000)) from generate_series(1, 60) n");

            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(instances.get(0).status().state()).isEqualTo(State.DEGRADED);
                assertThat(instances.get(0).status().cause())
                        .contains("notification queue", "pid " + pid + " ", "pg_terminate_backend")
                        .doesNotContain("\n");
            });
            assertThat(measure("queue.usage")).isPositive();
            instances.get(0).publish(Envelopes.several("acme", 1)).get(20, TimeUnit.SECONDS);

            other.commit();
            assertThat(other.unwrap(PGConnection.class).getNotifications(1_000)).isNotEmpty();
            run(chatty, "notify elsewhere");
            sinks.get(0).awaitStatus(State.LIVE);
        }
    }

    @Test
    void figuresOfTheLogAreThere() throws Exception {
        instances.get(0).publish(Envelopes.several("acme", 30)).get(20, TimeUnit.SECONDS);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(measure("log.events")).isEqualTo(30));
        assertThat(measure("log.bytes")).isGreaterThan(8_192);
        assertThat(measure("stage.bytes")).isPositive();
        assertThat(measure("log.oldest.seconds")).isBetween(0.0, 60.0);
        assertThat(measure("staged.events")).isZero();
        assertThat(measure("publish.committed")).isEqualTo(30);
        assertThat(measure("publish.batches")).isPositive();
        assertThat(measure("publish.failed")).isZero();
        assertThat(measure("publish.queued")).isZero();
    }

    @Test
    void whatKeepsItFromLookingIsSaid() throws Exception {
        Logger log = (Logger) LoggerFactory.getLogger(Lookout.class);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.setContext(log.getLoggerContext());
        said.list = new CopyOnWriteArrayList<>();
        said.start();
        log.addAppender(said);
        try {
            run(
                    other,
                    "create or replace function rt.count_staged(most integer) returns bigint language plpgsql"
                            + " as $$ begin raise 'out of figures'; end $$");

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(said.list).anySatisfy(line -> {
                        assertThat(line.getLevel()).isEqualTo(Level.WARN);
                        assertThat(line.getFormattedMessage()).contains("no warnings", "out of figures");
                    }));
            assertThat(measure("log.events")).isNaN();
        } finally {
            log.detachAppender(said);
        }
    }

    @Test
    void aSnapshotThatStaysOpenAndAPreparedTransactionThatHasStagedAreNamed() throws Exception {
        try (Connection forgetful = server.connect()) {
            forgetful.setAutoCommit(false);
            run(forgetful, "set local realtime.hint = off");
            run(forgetful, "select rt.publish('acme', 'orders.updated')");
            run(forgetful, "prepare transaction E'for\\ngotten'");
        }
        other.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        other.setAutoCommit(false);
        String pid = one(other, "select pg_backend_pid() from rt.log_range");

        try (Connection looking = server.connect()) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                Survey survey = Survey.of(looking, Survey.sql("rt"));
                assertThat(EARLY.lines(survey, Duration.ofMinutes(10)))
                        .hasSize(2)
                        .anySatisfy(line -> assertThat(line).contains("snapshot", "vacuum", "pid " + pid + " "))
                        .anySatisfy(line -> assertThat(line).contains("'for?gotten'", "over 1 s", "ROLLBACK PREPARED"));
            });
            other.rollback();
            run(looking, "rollback prepared E'for\\ngotten'");
            assertThat(EARLY.lines(Survey.of(looking, Survey.sql("rt")), Duration.ofMinutes(10)))
                    .isEmpty();
        }
    }

    @Test
    void theInstancesAreCountedAndWhoIsConfiguredDifferentlyIsNamedOnceWithTheKey() {
        instance("two", Map.of(), 600);
        instance("three", Map.of("REALTIME_MAX_PAYLOAD_BYTES", "2048"), 600);
        instance("elsewhere", Map.of("REALTIME_SCHEMA", "rt2"), 600);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(measure("instances")).isEqualTo(3));
        instances.get(1).close();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(measure("instances")).isEqualTo(2));

        Peers peers = new Peers("realtime:me:x:tail", Fingerprint.of(settings("one", Map.of(), 600)));
        List<String> names = List.of(
                settings("two", Map.of(), 600).applicationName("tail"),
                settings("three", Map.of("REALTIME_MAX_PAYLOAD_BYTES", "2048"), 600)
                        .applicationName("tail"),
                settings("four", Map.of(), 60).applicationName("tail"),
                settings("other", Map.of("REALTIME_SCHEMA", "rt2"), 60).applicationName("tail"),
                "realtime:old:tail",
                "psql");
        assertThat(peers.see(names))
                .containsExactly(
                        "instances differ: REALTIME_MAX_PAYLOAD_BYTES is 1048576 here and 2048 at 'three'",
                        "instances differ: REALTIME_REPLAY_WINDOW_SECONDS is 600 here and 60 at 'four'");
        assertThat(peers.count()).isEqualTo(4);
        assertThat(peers.see(names)).isEmpty();
        assertThat(names).allSatisfy(name -> assertThat(name).hasSizeLessThanOrEqualTo(63));
    }

    private void instance(String name, Map<String, String> further, int windowSeconds) {
        PostgresAdapter adapter = new PostgresAdapter(settings(name, further, windowSeconds), FAST, EARLY);
        RecordingSink sink = new RecordingSink();
        instances.add(adapter);
        sinks.add(sink);
        adapter.start(sink);
        sink.awaitStatus(State.LIVE);
    }

    private static PostgresSettings settings(String name, Map<String, String> further, int windowSeconds) {
        Map<String, String> all = new HashMap<>(Map.of("DATABASE_URL", server.url()));
        all.putAll(further);
        AdapterContext context =
                new AdapterContext(name, "lookout", Duration.ofSeconds(windowSeconds), Clock.systemUTC());
        return PostgresSettings.from(Settings.of(all), context);
    }

    private double measure(String name) {
        return instances.get(0).measures().stream()
                .filter(measure -> measure.name().equals("realtime.postgres." + name))
                .map(Measure::value)
                .findFirst()
                .orElseThrow()
                .getAsDouble();
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
