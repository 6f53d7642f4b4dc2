package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.ledger.Instances;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault07StandbyTest {
    @Test
    @Fault(7)
    void listeningOnAStandbyIsNamedAndEventsArePolledFor() throws SQLException {
        try (OwnPostgres primary = OwnPostgres.started()) {
            GatewayDatabase database = GatewayDatabase.fresh(primary::connect, primary::url);
            primary.stop(OwnPostgres.Stop.FAST);
            try (OwnPostgres standby = primary.standby();
                    Instances instances = Instances.on(database)) {
                PubSub near = instances.live();
                GatewayDatabase copy = database.on(standby::url);
                database.awaitCopied(copy);

                PubSub far = instances.start(Map.of("DATABASE_LISTEN_URL", copy.url()));
                TransportStatus degraded = Instances.await(far, State.DEGRADED);
                instances.reader(near);
                instances.reader(far);
                instances.publish(near, 10);
                instances.publish(far, 10);
                instances.writer().publish();
                instances.judge();

                assertThat(degraded.cause())
                        .containsAnyOf("standby", "recovery")
                        .doesNotContain("\n");
                assertThat(far.status().state()).isEqualTo(State.DEGRADED);
            }
        }
    }

    /** Nothing can be published there either. */
    @Test
    @Fault(7)
    void anInstanceThatOnlyKnowsAStandbySaysSo() throws SQLException {
        try (OwnPostgres primary = OwnPostgres.started()) {
            GatewayDatabase database = GatewayDatabase.fresh(primary::connect, primary::url);
            primary.stop(OwnPostgres.Stop.FAST);
            try (OwnPostgres standby = primary.standby();
                    Instances instances = Instances.on(database)) {
                instances.live();
                GatewayDatabase copy = database.on(standby::url);
                database.awaitCopied(copy);

                PubSub lost = instances.start(Map.of("DATABASE_URL", copy.url()));

                assertThat(Instances.await(lost, State.DOWN).cause())
                        .contains("127.0.0.1:" + standby.port())
                        .containsAnyOf("standby", "recovery", "read-only")
                        .doesNotContain("\n");
            }
        }
    }
}
