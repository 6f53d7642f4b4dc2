package dev.realtime.transport.postgres.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One organisation that publishes more than can be written holds up no other. */
@ExtendWith(LeakCheck.class)
class FairPublishingTest {
    private static final int MANY = 20_000;

    private final Store store = new Store();

    @AfterEach
    void close() throws Exception {
        store.close();
    }

    @Test
    void batchesTakeTurnsAmongOrganisations() throws Exception {
        Node node = store.node();
        List<CompletableFuture<List<Position>>> greedy = new ArrayList<>();
        CompletableFuture<List<Position>> small;
        try (Session holder = store.session()) {
            holder.begin().run("lock table rt.gate in share row exclusive mode");
            for (int i = 0; i < MANY; i++) {
                greedy.add(node.adapter().publish(List.of(Envelopes.withId("greedy", "g" + i)), Duration.ZERO));
            }
            small = node.adapter().publish(List.of(Envelopes.withId("small", "s")), Duration.ZERO);
            holder.rollback();
        }

        long place = small.get(30, TimeUnit.SECONDS).get(0).offset();
        long last = 0;
        for (CompletableFuture<List<Position>> each : greedy) {
            Position position = each.get(60, TimeUnit.SECONDS).get(0);
            assertThat(position.offset()).as("each organisation's order").isGreaterThan(last);
            last = position.offset();
        }
        // Behind the batch that was on its way, and in the next one.
        assertThat(place).isLessThanOrEqualTo(2_000);
    }
}
