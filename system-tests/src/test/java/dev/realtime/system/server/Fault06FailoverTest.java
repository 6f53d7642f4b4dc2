package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.system.ledger.Told;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The standby becomes the primary, without the last events, which were seen already. */
@Execution(ExecutionMode.CONCURRENT)
class Fault06FailoverTest {
    @Test
    @Fault(6)
    void aTailThatIsLostInAFailoverIsAGapAndANewEpoch() throws SQLException {
        try (OwnPostgres primary = OwnPostgres.started();
                TcpProxy proxy = TcpProxy.to("127.0.0.1", primary.port())) {
            GatewayDatabase database = GatewayDatabase.fresh(primary::connect, primary::url);
            primary.stop(OwnPostgres.Stop.FAST);
            Map<String, String> settings = database.settingsThrough(proxy);
            try (OwnPostgres standby = primary.standby();
                    GatewayPair pair = GatewayPair.on(database, settings, settings)) {
                pair.publish(50);
                String last = pair.ledger().ids().get(49);
                database.awaitCopied(database.on(standby::url));
                standby.stop(OwnPostgres.Stop.FAST);
                pair.publish(10);
                pair.requireWhole();
                List<String> tail = pair.ledger().ids().subList(50, 60);
                String cursorInTheTail = pair.onB().cursor();
                pair.onB().close();

                primary.kill();
                standby.start();
                standby.promote();
                proxy.retarget("127.0.0.1", standby.port());
                pair.ledger().lost(tail);
                pair.a().awaitReady();
                pair.b().awaitReady();
                Patience.until("A is told", () -> !pair.onA().gaps().isEmpty());
                pair.onB().connect(pair.b().address());
                pair.onB().awaitLive();
                pair.publish(20);
                pair.requireWhole();

                for (SseReader stream : List.of(pair.onA(), pair.onB())) {
                    Told.Gap gap = stream.gaps().get(0);
                    assertThat(stream.gaps()).hasSize(1);
                    assertThat(gap.requested()).isEqualTo(cursorInTheTail);
                    assertThat(gap.reason()).isEqualTo("epoch_changed");
                    assertThat(epoch(gap.head())).isNotEqualTo(epoch(cursorInTheTail));
                }
                try (SseReader resumed = SseReader.resume(
                        pair.a().address(), GatewayPair.STREAM, pair.ledger().cursorOf(last))) {
                    assertThat(resumed.gaps())
                            .as("who was away since before the tail")
                            .singleElement()
                            .satisfies(gap -> assertThat(gap.reason()).isEqualTo("epoch_changed"))
                            .satisfies(gap -> assertThat(gap.requested())
                                    .isEqualTo(pair.ledger().cursorOf(last)));
                }
            }
        }
    }

    private static String epoch(String cursor) {
        return cursor.substring(0, cursor.indexOf('-'));
    }
}
