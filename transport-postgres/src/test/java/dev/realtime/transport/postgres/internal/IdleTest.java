package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An application in which nothing happens leaves the server alone. */
class IdleTest {
    private static final int INSTANCES = 3;
    private static final int SPEED = 30;
    /** What the three do in a minute: polls, pulses and surveys. */
    private static final long A_MINUTES_WORK = INSTANCES * (60 + 30 + 12);

    /** A server that writes nothing for reasons of its own. */
    private static final Map<String, String> QUIET = Map.of(
            "autovacuum", "off",
            "checkpoint_timeout", "1d",
            "wal_level", "minimal",
            "max_wal_senders", "0");

    private record Trace(String wal, String xid, long transactions) {}

    @Test
    void anIdleMinuteOfSeveralInstancesWritesNothingAndTakesNoTransactionId() throws Exception {
        try (OwnPostgres server = OwnPostgres.started(QUIET);
                Connection connection = server.connect()) {
            List<RecordingSink> sinks = IntStream.range(0, INSTANCES)
                    .mapToObj(i -> new RecordingSink())
                    .toList();
            List<PostgresAdapter> instances = IntStream.range(0, INSTANCES)
                    .mapToObj(i -> instance(server.url(), i))
                    .toList();
            try {
                for (int i = 0; i < INSTANCES; i++) {
                    instances.get(i).start(sinks.get(i));
                    sinks.get(i).awaitStatus(State.LIVE);
                }
                instances.get(0).publish(Envelopes.several("acme", 10)).get(20, TimeUnit.SECONDS);
                awaitTrimmed(connection);

                Trace before = trace(connection);
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThat(trace(connection).transactions())
                                .isGreaterThan(before.transactions() + A_MINUTES_WORK));
                Trace after = trace(connection);

                assertThat(after.wal()).isEqualTo(before.wal());
                assertThat(after.xid()).isEqualTo(before.xid());
                assertThat(sinks).allSatisfy(sink -> sink.awaitStatus(State.LIVE));
            } finally {
                instances.forEach(PostgresAdapter::close);
            }
        }
    }

    private static PostgresAdapter instance(String url, int number) {
        AdapterContext context = new AdapterContext("idle-" + number, "idle", Duration.ofSeconds(1), Clock.systemUTC());
        Settings settings = Settings.of(Map.of("DATABASE_URL", url));
        return new PostgresAdapter(
                PostgresSettings.from(settings, context), Timing.STANDARD.faster(SPEED), Warnings.STANDARD);
    }

    /** Retention has done its work too, and nothing has written for as long as that takes. */
    private static void awaitTrimmed(Connection connection) {
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(one(connection, "select count(*) from rt.log"))
                        .isEqualTo("0"));
        List<String> seen = new ArrayList<>();
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(1_500))
                .until(() -> {
                    seen.add(one(connection, "select pg_current_wal_insert_lsn()"));
                    return seen.indexOf(seen.get(seen.size() - 1)) < seen.size() - 1;
                });
    }

    private static Trace trace(Connection connection) throws SQLException {
        return new Trace(
                one(connection, "select pg_current_wal_insert_lsn()"),
                one(connection, "select pg_snapshot_xmax(pg_current_snapshot())"),
                Long.parseLong(one(
                        connection, "select xact_commit from pg_stat_database where datname = current_database()")));
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
