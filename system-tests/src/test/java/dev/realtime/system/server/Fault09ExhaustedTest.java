package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault09ExhaustedTest {
    private static final Duration ANSWERED = Duration.ofSeconds(10);
    private static final String TOO_MANY = "53300";

    @Test
    @Fault(9)
    void aServerWithoutAFreeConnectionStillCarriesEventsAndReplays() throws SQLException {
        List<Connection> others = new ArrayList<>();
        try (OwnPostgres server = OwnPostgres.started(Map.of("max_connections", "30"));
                GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
                GatewayPair pair = GatewayPair.on(database)) {
            pair.publish(10);
            String cursor = pair.onA().cursor();
            try {
                takeAll(database, others);
                pair.requireHeard(Duration.ofSeconds(1));
                pair.publish(100);
                try (SseReader late = SseReader.resume(pair.a().address(), GatewayPair.STREAM, cursor)) {
                    late.awaitEvents(101);
                    pair.ledger().requireWhole(late);
                }
            } finally {
                for (Connection other : others) {
                    other.close();
                }
            }
            pair.requireUnharmed();
        }
    }

    /** B's pool has lost its connections and gets no new ones; its LISTEN and its reading connection are there. */
    @Test
    @Fault(9)
    void whoCannotPublishQueuesSaysSoInTimeAndHearsOn() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                TcpProxy proxy = database.proxy();
                GatewayPair pair = GatewayPair.on(database, database.settings(), database.settingsThrough(proxy));
                Writer sql = pair.writer()) {
            pair.publish(10);
            int connectionsBefore = proxy.accepted();
            long begun = System.nanoTime();
            database.limitConnections(0);
            sql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND application_name LIKE 'realtime:%' AND application_name NOT LIKE '%:tail'"
                    + " AND query !~ 'LISTEN|pg_notify[(][$]1'");

            Ledger.Transaction queued = publishesQueued(pair);
            sql.publish();
            sql.publish();
            pair.requireWhole();
            assertThat(GatewayPair.state(pair.b())).isIn("LIVE", "DEGRADED");
            long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
            assertThat(proxy.accepted() - connectionsBefore)
                    .as("no storm of attempts in %d s", seconds)
                    .isLessThan(20 + 10 * (int) seconds);

            database.limitConnections(-1);
            queued.committed();
            pair.requireUnharmed();
            assertThat(pair.b().log().lines(line -> line.contains(" WARN ") || line.contains(" ERROR ")))
                    .as("nor of lines")
                    .hasSizeLessThan(10);
        }
    }

    /** As a pool of one whose connection is busy: somebody holds what every publication needs. */
    @Test
    @Fault(9)
    void whoWaitsForTheGateGivesUpInTimeAndPublishesOnce() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                GatewayPair pair = GatewayPair.on(database);
                Writer operator = pair.writer()) {
            pair.publish(100);
            String beginning = pair.ledger().cursorOf(pair.ledger().ids().get(0));
            operator.begin().run("LOCK TABLE rt.gate IN SHARE ROW EXCLUSIVE MODE");

            Ledger.Transaction queued = publishesQueued(pair);
            try (SseReader late = SseReader.resume(pair.b().address(), GatewayPair.STREAM, beginning)) {
                late.awaitEvents(99);
                pair.ledger().requireWhole(late);
            }

            operator.commit();
            queued.committed();
            pair.requireUnharmed();
        }
    }

    /** Publishes one event through B, which can't, and says in time that it waits. */
    private static Ledger.Transaction publishesQueued(GatewayPair pair) {
        String id = UUID.randomUUID().toString();
        Ledger.Transaction transaction = pair.ledger().begin().publishes(id);
        long begun = System.nanoTime();
        Answer answer = pair.b().client().post("{\"event\":\"made\",\"id\":\"" + id + "\"}");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(ANSWERED.multipliedBy(2));
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.body()).isEqualTo("[{\"id\":\"" + id + "\",\"state\":\"queued\"}]");
        return transaction;
    }

    private static void takeAll(GatewayDatabase database, List<Connection> taken) throws SQLException {
        while (true) {
            try {
                taken.add(database.connect());
            } catch (SQLException e) {
                if (TOO_MANY.equals(e.getSQLState())) {
                    return;
                }
                throw e;
            }
        }
    }
}
