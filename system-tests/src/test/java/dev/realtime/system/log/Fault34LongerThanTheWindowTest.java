package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.LocalReader;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault34LongerThanTheWindowTest {
    private static final Map<String, String> WINDOW = Map.of("REALTIME_REPLAY_WINDOW_SECONDS", "5");

    @Test
    @Fault(34)
    void whatATransactionHeldLongerThanTheWindowIsHeardAtItsCommitAndReplayableFromThenOn() throws SQLException {
        try (Instances instances = Instances.fresh()) {
            PubSub a = instances.live(WINDOW);
            LocalReader onA = instances.reader(a);
            Writer slow = instances.writer();
            String held = slow.begin().publish();
            String before = instances.publish(a, 1).get(0).cursor();
            Writer operator = instances.writer();
            Patience.until(
                    "the window has passed over what came later",
                    () -> operator.ask("SELECT count(*) FROM rt.log").equals("0"));

            slow.commit();
            Patience.until("it is heard", () -> onA.has(held));
            assertThat(operator.ask("SELECT created_at < now() - interval '5 s' FROM rt.log WHERE id = '" + held + "'"))
                    .as("older than the window")
                    .isEqualTo("t");
            operator.ask("SELECT rt.trim(1000)");
            LocalReader resumed = instances.reader(a, before);
            instances.judge();
            assertThat(resumed.eventIds()).containsExactly(held);
            assertThat(resumed.gaps()).isEmpty();
            assertThat(onA.gaps()).isEmpty();
        }
    }
}
