package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.servers.PgBouncer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A transaction-mode pooler answers LISTEN, and nothing ever arrives. */
class PoolerTest {
    private final Store store = new Store();
    private PgBouncer pooler;
    private Node straight;

    @BeforeEach
    void start() {
        pooler = PgBouncer.inFrontOf(Store.server().url());
        straight = store.node();
    }

    @AfterEach
    void stop() throws Exception {
        store.close();
        if (pooler != null) {
            pooler.close();
        }
    }

    @Test
    void poolerInTheWayOfListenIsNamedAndEventsFlowAllTheSame() throws Exception {
        Node pooled =
                store.start(Map.of("DATABASE_URL", pooler.url(Store.server().url())));

        TransportStatus status = pooled.sink().awaitStatus(State.DEGRADED);
        pooled.sink().awaitStarted(LogId.SHARED);
        pooled.publish(Envelopes.withId(Store.ORG, "through"));
        straight.publish(Envelopes.withId(Store.ORG, "straight"));
        try (Session sql = store.session()) {
            sql.publish("sql");
        }

        pooled.awaitIds(List.of("through", "straight", "sql"));
        straight.awaitIds(List.of("through", "straight", "sql"));
        assertThat(status.cause()).contains("pooler", "DATABASE_LISTEN_URL");
        assertThat(pooled.sink().calls(Call.Status.class))
                .extracting(call -> call.status().state())
                .doesNotContain(State.LIVE, State.DOWN);
    }

    @Test
    void wayOfItsOwnForListenCuresIt() throws Exception {
        String url = Store.server().url();
        Node cured = store.start(Map.of("DATABASE_URL", pooler.url(url), "DATABASE_LISTEN_URL", url));

        cured.live().publish(Envelopes.withId(Store.ORG, "through"));
        straight.publish(Envelopes.withId(Store.ORG, "straight"));

        cured.awaitIds(List.of("through", "straight"));
        assertThat(cured.sink().calls(Call.Status.class))
                .extracting(call -> call.status().state())
                .doesNotContain(State.DEGRADED, State.DOWN);
    }
}
