package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault33LostFutureTest {
    /** Commits are on disk ten seconds later, if the server lives: all but those that give events their offsets. */
    @Test
    @Fault(33)
    void whatWasHeardSurvivesACrashThoughCommitsAreAsynchronous() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started(Map.of("synchronous_commit", "off", "wal_writer_delay", "10s"))) {
            GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
            try (GatewayPair pair = GatewayPair.on(database)) {
                for (int crash = 0; crash < Soak.times(2, 30); crash++) {
                    try (Writer sql = pair.writer()) {
                        pair.publish(20);
                        sql.publish();
                        pair.requireWhole();
                        pair.publish(20);
                        for (int i = 0; i < 5; i++) {
                            sql.begin().publish();
                            sql.commit();
                            sql.doubt();
                        }
                        server.kill();
                    }
                    Patience.until(
                            "A has noticed", () -> GatewayPair.state(pair.a()).equals("DOWN"));
                    Patience.until(
                            "B has noticed", () -> GatewayPair.state(pair.b()).equals("DOWN"));
                    server.start();
                    pair.a().awaitReady();
                    pair.b().awaitReady();
                }
                pair.requireUnharmed();
            }
        }
    }

    /** Offsets are handed out again; whoever holds the old ones is told. */
    @Test
    @Fault(33)
    void aCursorFromBeforeARestoreIsAGapAndNeverAnotherEvent() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started()) {
            GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
            try (GatewayPair pair = GatewayPair.on(database)) {
                pair.publish(20);
                pair.requireWhole();
                String kept = pair.onA().cursor();
                server.stop(OwnPostgres.Stop.FAST);
                server.snapshot();
                server.start();
                pair.a().awaitReady();
                pair.b().awaitReady();
                pair.publish(10);
                pair.requireWhole();
                List<String> future = pair.ledger().ids().subList(20, 30);
                String early = pair.ledger().cursorOf(future.get(2));
                String late = pair.ledger().cursorOf(future.get(9));

                server.kill();
                server.restore();
                server.start();
                pair.ledger().lost(future);
                pair.a().awaitReady();
                pair.b().awaitReady();
                pair.publish(5);
                for (String cursor : List.of(early, late)) {
                    try (SseReader resumed = SseReader.resume(pair.a().address(), GatewayPair.STREAM, cursor)) {
                        assertThat(resumed.gaps())
                                .singleElement()
                                .satisfies(gap -> assertThat(gap.requested()).isEqualTo(cursor))
                                .satisfies(gap -> assertThat(gap.reason()).isIn("ahead", "epoch_changed"));
                        assertThat(resumed.eventIds()).isEmpty();
                    }
                }
                try (SseReader resumed = SseReader.resume(pair.b().address(), GatewayPair.STREAM, kept)) {
                    assertThat(resumed.gaps())
                            .as("who was away since before the lost part")
                            .singleElement()
                            .satisfies(gap -> assertThat(gap.reason()).isEqualTo("epoch_changed"));
                }
                pair.publish(20);
                pair.requireWhole();
                assertThat(pair.onA().gaps()).hasSize(1);
                assertThat(pair.onB().gaps()).hasSize(1);
            }
        }
    }
}
