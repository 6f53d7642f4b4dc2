package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus.State;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault30StartTogetherTest {
    @Test
    @Fault(30)
    void ofTenThatStartTogetherOnAnEmptyDatabaseOneMigratesAndAllHear() throws SQLException {
        try (Instances instances = Instances.fresh()) {
            List<PubSub> ten =
                    Stream.generate(() -> instances.start(Map.of())).limit(10).toList();
            for (PubSub each : ten) {
                Instances.await(each, State.LIVE);
                instances.reader(each);
            }

            for (PubSub each : ten) {
                instances.publish(each, 10);
            }
            Writer sql = instances.writer();
            sql.publish();
            instances.judge();
            assertThat(sql.ask("SELECT count(*) > 0 AND count(*) = count(DISTINCT version) AND bool_and(success)"
                            + " FROM rt.schema_history WHERE version IS NOT NULL"))
                    .as("each version once")
                    .isEqualTo("t");
        }
    }
}
