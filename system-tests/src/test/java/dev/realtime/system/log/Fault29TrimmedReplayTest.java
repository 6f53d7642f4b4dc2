package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.LocalReader;
import dev.realtime.system.ledger.Told;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault29TrimmedReplayTest {
    private static final String PAYLOAD = "\"" + "x".repeat(2_000) + "\"";

    /** The mailbox holds a part of the replay; the rest has gone when it is asked for. */
    @Test
    @Fault(29)
    void aReplayThatRunsIntoRetentionEndsInAGapAndGoesOnFromTheFloor() throws SQLException {
        try (Instances instances = Instances.fresh()) {
            PubSub a = instances.live();
            LocalReader always = instances.reader(a);
            String beginning = instances.publish(a, 1).get(0).cursor();
            for (int i = 0; i < 4; i++) {
                instances.publish(a, 1_000, PAYLOAD);
            }
            LocalReader late = instances.stalling(a, beginning, 10);
            late.awaitStalled();

            Writer operator = instances.writer().run("UPDATE rt.log SET logged_at = logged_at - interval '1 day'");
            Patience.until(
                    "all is trimmed",
                    () -> operator.ask("SELECT rt.trim(10000)").equals("0")
                            && instances.database().logged() == 0);
            instances.publish(a, 100);
            late.release();
            instances.judge();

            assertThat(late.gaps()).singleElement().extracting(Told.Gap::reason).isEqualTo("trimmed");
            assertThat(late.eventIds()).hasSizeBetween(110, 3_000);
            assertThat(always.gaps()).isEmpty();
        }
    }
}
