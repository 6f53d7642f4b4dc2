package dev.realtime.transport.postgres.seal;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One thread's publications keep their order through a batch that fails. */
@ExtendWith(LeakCheck.class)
class PublishOrderTest {
    private static final String WAITING = "select pid from pg_stat_activity where state = 'active' and"
            + " wait_event_type = 'Lock' and query like ? and pid <> pg_backend_pid()";

    private final Store store = new Store();
    private PubSub pubSub;
    private Session blocker;
    private Session operator;

    @BeforeEach
    void start() throws Exception {
        pubSub = PubSub.open(Settings.of(Map.of(
                "REALTIME_TRANSPORT",
                "postgres",
                "DATABASE_URL",
                Store.server().url(),
                "REALTIME_KEY_PREFIX",
                "order" + ProcessHandle.current().pid(),
                "REALTIME_SCHEMA",
                store.schema())));
        Store.await().until(() -> pubSub.status().state().flows());
        blocker = store.session();
        operator = store.session();
    }

    @AfterEach
    void stop() throws Exception {
        blocker.close();
        operator.close();
        pubSub.close();
        store.close();
    }

    @Test
    void whatFollowsAStatementThatTheServerCancelledStaysBehindIt() throws Exception {
        blocker.begin().run("lock table rt.gate in share row exclusive mode");
        List<Publication> publications = new ArrayList<>(List.of(publish("first")));
        Store.await().until(() -> waitingAppends().size() == 1);
        List<String> ids = new ArrayList<>(List.of("first"));
        for (int i = 0; i < 50; i++) {
            ids.add("later" + i);
            publications.add(publish("later" + i));
        }

        assertThat(operator.truth("select pg_cancel_backend(" + waitingAppends().get(0) + ")"))
                .isTrue();
        assertThat(publications.get(0).accepted().get(10, TimeUnit.SECONDS)).isEqualTo(Acceptance.QUEUED);
        blocker.rollback();

        for (Publication publication : publications) {
            publication.committed().get(20, TimeUnit.SECONDS);
        }
        assertThat(store.logged()).isEqualTo(ids);
    }

    private Publication publish(String id) {
        return pubSub.publish(Event.of(ORG, "e").withId(id));
    }

    private List<String> waitingAppends() throws Exception {
        return operator.column(WAITING, "%" + store.schema() + "%append(%");
    }
}
