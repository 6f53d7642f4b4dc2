package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Writer;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault01ListenerKilledTest {
    private static final Duration CAUGHT_UP = Duration.ofSeconds(1);
    private static final Duration EVERY = Duration.ofSeconds(2);
    private static final int ROUNDS = Soak.times(4, 300);

    /** Every server process of both gateways: the one that listens, the one that reads and seals, those of the pool. */
    @Test
    @Fault(1)
    void everyBackendKilledEveryTwoSecondsIsCaughtUpAndBrowsersStay() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh();
                GatewayPair pair = GatewayPair.on(database);
                Writer operator = pair.writer()) {
            for (int round = 0; round < ROUNDS; round++) {
                long due = System.nanoTime() + EVERY.toNanos();
                int killed = Integer.parseInt(
                        operator.ask(
                                "SELECT count(pg_terminate_backend(pid))"
                                        + " FROM pg_stat_activity WHERE application_name LIKE 'realtime:%' AND datname = current_database()"));
                assertThat(killed).as("both listen, read and publish").isGreaterThanOrEqualTo(6);

                pair.requireHeard(CAUGHT_UP);
                String bySql = operator.publish();
                Patience.within(
                        CAUGHT_UP, "an event by SQL reaches A", () -> pair.onA().has(bySql));
                while (System.nanoTime() < due) {
                    pair.publish(5);
                    operator.publish();
                }
            }
            pair.requireUnharmed();
        }
    }
}
