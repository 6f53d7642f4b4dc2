package dev.realtime.transport.postgres.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.lang.reflect.Field;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** A LISTEN connection that is open, answers, and does not hear. */
class DeafListenerTest {
    private final Store store = new Store();

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void aSessionThatWasResetIsNoticedByItsPulseAndHealsWithoutAnEvent() throws Exception {
        Node node = store.node();

        try (Statement statement = listening(node).createStatement()) {
            statement.execute("discard all");
        }

        assertThat(node.sink().awaitStatus(State.DEGRADED).cause())
                .isEqualTo("the LISTEN connection failed: the server has forgotten LISTEN: somebody reset the session;"
                        + " events are polled for");
        node.sink().awaitStatus(State.LIVE);
        assertThat(store.logged()).isEmpty();
    }

    @Test
    void eventsThatNobodyAnnouncesMakeItProveItselfAgain() throws Exception {
        Node node = store.node();
        try (Session sql = store.session()) {
            sql.run("listen " + sql.value("select channel from rt.store"));
            List<String> heard = new ArrayList<>();
            Store.await().untilAsserted(() -> {
                sql.run(
                        "insert into rt.log (\"offset\", org_id, id, event, topic, payload, created_at) select n, 'acme',"
                                + " 'silent-' || n, 'orders.updated', 'events', '{}', now() from nextval('rt.log_offset') n");
                for (PGNotification each :
                        sql.connection().unwrap(PGConnection.class).getNotifications(100)) {
                    heard.add(each.getParameter());
                }
                assertThat(heard).anyMatch(payload -> payload.startsWith("{\"token\":"));
            });

            assertThat(heard).allMatch(payload -> payload.startsWith("{\"token\":"));
        }
        node.awaitIds(store.logged());
        assertThat(node.adapter().status().state()).isEqualTo(State.LIVE);
    }

    @Test
    void whenTheAddressLeadsElsewhereOneConnectionThatNoticesTakesTheOthersAlong() throws Exception {
        try (OwnPostgres first = OwnPostgres.started();
                OwnPostgres second = OwnPostgres.started();
                TcpProxy proxy = TcpProxy.to("127.0.0.1", first.port());
                Store here = new Store(first.url(), "rt");
                Store there = new Store(second.url(), "rt")) {
            String url = first.url().replace(":" + first.port() + "/", ":" + proxy.port() + "/");
            Node promoted = there.start(Map.of(), "failover").live();
            Node node = here.start(Map.of("DATABASE_URL", url), "failover").live();

            proxy.retarget("127.0.0.1", second.port());
            try (Session sql = here.session()) {
                sql.column(
                        "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ ?",
                        "^realtime:" + node.name() + ":.*:ear$");
            }

            assertThat(node.sink().awaitGap().reason()).isEqualTo(GapReason.EPOCH_CHANGED);
            node.sink().awaitStatus(State.LIVE);
            promoted.publish(Envelopes.withId(Store.ORG, "there"));
            node.awaitIds(List.of("there"));
            node.publish(Envelopes.withId(Store.ORG, "here"));
            promoted.awaitIds(List.of("there", "here"));
        }
    }

    /** The connection that LISTENs, to do to it what a pooler or an administrator's tool does. */
    private static Connection listening(Node node) throws ReflectiveOperationException {
        Object running = field(node.adapter(), "running");
        return (Connection) field(field(field(running, "listener"), "ear"), "connection");
    }

    private static Object field(Object owner, String name) throws ReflectiveOperationException {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(owner);
    }
}
