package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.testkit.servers.PgBouncer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault08PoolerTest {
    private static final Duration NAMED = Duration.ofSeconds(5);

    @Test
    @Fault(8)
    void aPoolerInTransactionModeIsNamedPolledThroughAndCured() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                PgBouncer pooler = PgBouncer.inFrontOf(database.url())) {
            Map<String, String> pooled = new HashMap<>(database.settings());
            pooled.put("DATABASE_URL", pooler.url(database.url()));
            Map<String, String> cured = new HashMap<>(pooled);
            cured.put("DATABASE_LISTEN_URL", database.url());
            try (GatewayPair pair = GatewayPair.on(database, pooled, cured);
                    Writer sql = pair.writer()) {
                Patience.within(
                        NAMED,
                        "the pooler is named",
                        () -> GatewayPair.cause(pair.a()).contains("pooler"));
                assertThat(GatewayPair.state(pair.a())).isEqualTo("DEGRADED");
                assertThat(GatewayPair.cause(pair.a())).contains("DATABASE_LISTEN_URL");
                pair.requireHeard(Duration.ofSeconds(1));
                sql.publish();
                pair.publish(100);
                pair.requireWhole();

                Patience.until("B is live", () -> GatewayPair.state(pair.b()).equals("LIVE"));
                assertThat(pair.onA().gaps()).isEmpty();
                pair.requireNoTrace();
            }
        }
    }
}
