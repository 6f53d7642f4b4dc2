package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus.State;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault31NewerSchemaTest {
    @Test
    @Fault(31)
    void aNewerSchemaWorksWhileItAllowsThisProgramElseBothVersionsAreNamed() throws SQLException {
        try (Instances instances = Instances.fresh()) {
            PubSub running = instances.live();
            Writer operator = instances.writer();
            int ours = Integer.parseInt(operator.ask("SELECT max(version::integer) FROM rt.schema_history"));
            operator.run("INSERT INTO rt.schema_history (installed_rank, version, description, type, script,"
                    + " installed_by, execution_time, success)"
                    + " VALUES (1000, '987', 'later', 'SQL', 'V987__later.sql', 'later', 1, true)");
            operator.run("UPDATE rt.store SET min_compatible = " + ours);

            PubSub rolledBack = instances.live();
            instances.reader(running);
            instances.reader(rolledBack);
            instances.publish(rolledBack, 10);
            instances.publish(running, 10);
            instances.judge();

            operator.run("UPDATE rt.store SET min_compatible = 986");
            PubSub refused = instances.start(Map.of());
            assertThat(Instances.await(refused, State.DOWN).cause())
                    .contains("987", "986", "this one is " + ours)
                    .doesNotContain("\n");
        }
    }
}
