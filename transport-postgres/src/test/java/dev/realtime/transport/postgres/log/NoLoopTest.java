package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an instance hears from the log is never published again. */
@ExtendWith(LeakCheck.class)
class NoLoopTest {
    private static final int EACH = 100;

    @Test
    void everyInstanceHearsEachEventOnceAndTheLogHasItOnce() throws Exception {
        try (Store store = new Store();
                Session sql = store.session()) {
            List<Node> nodes = Stream.generate(store::node).limit(3).toList();
            List<String> published = new ArrayList<>();
            for (int i = 0; i < EACH; i++) {
                for (Node node : nodes) {
                    String id = node.name() + "-" + i;
                    node.publish(Envelopes.withId(Store.ORG, id));
                    published.add(id);
                }
                sql.publish("sql-" + i);
                published.add("sql-" + i);
            }

            for (Node node : nodes) {
                node.awaitIds(published);
            }
            // One more round trip of everything: an echo of the events above would be in front of it.
            nodes.get(0).publish(Envelopes.withId(Store.ORG, "last"));
            published.add("last");
            for (Node node : nodes) {
                node.awaitIds(published);
                node.sink().assertCallsNeverOverlapped();
            }
            assertThat(sql.value("select count(*) from rt.log")).isEqualTo(Integer.toString(4 * EACH + 1));
        }
    }
}
