package dev.realtime.transport.postgres.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Seat;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many instances that hear of the same event do not fight for the gate. */
@ExtendWith(LeakCheck.class)
class WakingTogetherTest {
    private static final int INSTANCES = 10;
    private static final int WAKES = 10;

    private final Store store = Store.migrated();

    @AfterEach
    void drop() {
        store.close();
    }

    @Test
    void oneOfTenInstancesSealsOnceForAnEventThatWakesThemAll() throws SQLException {
        try (Session sql = store.session()) {
            // Counts calls, whether they found something or not.
            sql.run("create sequence rt.seals; alter function rt.seal(integer) rename to counted_seal;"
                    + " create function rt.seal(max_rows integer, out sealed bigint, out more boolean) language plpgsql"
                    + " as $$ begin select c.sealed, c.more into sealed, more from rt.counted_seal(max_rows) c;"
                    + " perform nextval('rt.seals'); end $$");
            List<Node> nodes = new ArrayList<>();
            for (int i = 0; i < INSTANCES; i++) {
                nodes.add(store.node());
            }
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < WAKES; i++) {
                ids.add("event-" + i);
                sql.publish("event-" + i);
                nodes.forEach(node -> node.awaitIds(ids));
                Seat.awaitFree(sql);
            }

            assertThat(Integer.parseInt(sql.value("select last_value from rt.seals")))
                    .as("seals for %s events, with %s instances", WAKES, INSTANCES)
                    .isBetween(WAKES, 2 * WAKES);
        }
    }
}
