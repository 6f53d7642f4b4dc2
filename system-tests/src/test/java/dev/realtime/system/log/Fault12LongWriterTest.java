package dev.realtime.system.log;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.LocalReader;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault12LongWriterTest {
    private static final Duration SOON = Duration.ofSeconds(1);

    @Test
    @Fault(12)
    void nobodyWaitsForATransactionThatStaysOpenHereOrElsewhere() throws SQLException {
        try (Instances instances = Instances.fresh();
                Connection elsewhere = TestPostgres.shared().connect();
                Statement other = elsewhere.createStatement()) {
            PubSub a = instances.live();
            PubSub b = instances.live();
            LocalReader onA = instances.reader(a);
            instances.reader(b);
            elsewhere.setAutoCommit(false);
            other.execute("CREATE TABLE stays_open (x integer)");
            Writer open = instances.writer();
            String held = open.begin().publish();
            Writer sql = instances.writer();

            for (int i = 0; i < 50; i++) {
                String bySql = sql.publish();
                String direct = instances.publish(b, 1).get(0).id();
                Patience.within(SOON, "both are heard", () -> onA.has(bySql) && onA.has(direct));
            }
            open.publish();
            open.commit();
            Patience.within(SOON, "what was held is heard", () -> onA.has(held));
            instances.judge();
            elsewhere.rollback();
        }
    }
}
