package dev.realtime.system.server;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault03ResetTest {
    private static final Duration CAUGHT_UP = Duration.ofSeconds(1);

    @Test
    @Fault(3)
    void connectionsThatAreResetAreBackWithinASecond() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                TcpProxy proxy = database.proxy();
                GatewayPair pair = GatewayPair.on(database, database.settingsThrough(proxy))) {
            for (int round = 0; round < Soak.times(5, 200); round++) {
                pair.publish(20);
                proxy.resetAll();
                pair.publish(20);
                pair.requireHeard(CAUGHT_UP);
            }
            pair.requireUnharmed();
        }
    }
}
