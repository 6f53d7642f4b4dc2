package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT)
class Fault02BlackHoleTest {
    private static final Duration NOTICED = Duration.ofSeconds(8);

    /** A's way to the server; B's is well all the time. */
    @ParameterizedTest
    @ValueSource(strings = {"both ways", "to the server", "to the client"})
    @Fault(2)
    void aBlackHoleIsNoticedNamedAndHeals(String way) throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                TcpProxy proxy = database.proxy();
                GatewayPair pair = GatewayPair.on(database, database.settingsThrough(proxy))) {
            pair.requireHeard(Duration.ofSeconds(1));
            switch (way) {
                case "to the server" -> proxy.blackHoleToServer();
                case "to the client" -> proxy.blackHoleToClient();
                default -> proxy.blackHole();
            }

            Patience.within(
                    NOTICED, "A has noticed", () -> !GatewayPair.state(pair.a()).equals("LIVE"));
            pair.publish(20);
            Patience.until(
                    "A says that it is cut off",
                    () -> GatewayPair.state(pair.a()).equals("DOWN"));
            assertThat(GatewayPair.cause(pair.a())).contains("127.0.0.1:" + proxy.port());
            pair.publish(20);
            assertThat(GatewayPair.state(pair.b()))
                    .as(GatewayPair.cause(pair.b()))
                    .isEqualTo("LIVE");

            proxy.heal();
            pair.requireUnharmed();
        }
    }

    /** Only LISTEN falls into the gap: events are polled for. */
    @Test
    @Fault(2)
    void aBlackHoleInTheWayOfListenDegrades() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                TcpProxy proxy = database.proxy();
                GatewayPair pair = GatewayPair.on(database, database.settingsThrough(proxy, "DATABASE_LISTEN_URL"))) {
            proxy.blackHole();
            Patience.within(
                    NOTICED, "A is degraded", () -> GatewayPair.state(pair.a()).equals("DEGRADED"));
            assertThat(GatewayPair.cause(pair.a())).contains("LISTEN", "polled");
            pair.requireHeard(Duration.ofSeconds(1));

            proxy.heal();
            pair.requireUnharmed();
        }
    }
}
