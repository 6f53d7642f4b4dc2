package dev.realtime.transport.postgres.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An instance's server processes are ended again and again while another instance publishes. */
@ExtendWith(LeakCheck.class)
class ListenerKilledTest {
    private static final int EVENTS = 1_000;
    private static final int KILLS = 3;

    private final Store store = new Store();
    private final ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger kills = new AtomicInteger();
    private Node publisher;
    private Node hearer;

    @BeforeEach
    void start() {
        publisher = store.node();
        hearer = store.node();
    }

    @AfterEach
    void stop() throws InterruptedException {
        killer.shutdown();
        assertThat(killer.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        store.close();
    }

    @Test
    void nothingIsLostWhenTheListeningProcessIsKilledEveryTwoSeconds() throws Exception {
        kill(hearer, "query ~ 'LISTEN|pg_notify[(][$]1'", 2_000);

        publishAllAndExpectThem();
    }

    @Test
    void nothingIsLostWhenTheReadingAndSealingProcessIsKilledEverySecond() throws Exception {
        kill(hearer, "application_name ~ ':tail$'", 1_000);

        publishAllAndExpectThem();
    }

    @Test
    void nothingIsLostOrPublishedTwiceWhenThePublishingProcessIsKilledEverySecond() throws Exception {
        kill(publisher, "application_name !~ ':tail$' and query !~ 'LISTEN|pg_notify[(][$]1'", 1_000);

        publishAllAndExpectThem();
    }

    @Test
    void callersDoNotNoticeThatThePoolsConnectionsHaveDied() throws Exception {
        for (int round = 0; round < 3; round++) {
            publisher.publish(Envelopes.withId(Store.ORG, "before-" + round));
            try (Session session = store.session()) {
                assertThat(session.column("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                                + " where application_name = 'realtime:" + publisher.name()
                                + "' and query !~ 'LISTEN|pg_notify[(][$]1'"))
                        .isNotEmpty();
            }
            publisher.publish(Envelopes.withId(Store.ORG, "after-" + round));
        }

        hearer.awaitIds(List.of("before-0", "after-0", "before-1", "after-1", "before-2", "after-2"));
    }

    private void kill(Node node, String which, long everyMillis) {
        killer.scheduleAtFixedRate(
                () -> {
                    try (Session session = store.session()) {
                        int killed = session.column("select pg_terminate_backend(pid) from pg_stat_activity"
                                        + " where application_name ~ '^realtime:" + node.name() + "(:|$)' and " + which)
                                .size();
                        kills.addAndGet(killed == 0 ? 0 : 1);
                    } catch (SQLException e) {
                        throw new AssertionError(e);
                    }
                },
                0,
                everyMillis,
                TimeUnit.MILLISECONDS);
    }

    /** One after the other, by both doors in turn, at a pace that leaves room for all the kills. */
    private void publishAllAndExpectThem() throws Exception {
        List<String> ids = new ArrayList<>();
        try (Session sql = store.session()) {
            for (int i = 0; i < EVENTS; i++) {
                String id = "event-" + i;
                if (i % 5 == 4) {
                    sql.publish(id);
                } else {
                    publishUntilItIs(Envelopes.withId(Store.ORG, id));
                }
                ids.add(id);
                int due = KILLS * i / EVENTS + 1;
                Store.await().until(() -> kills.get() >= due);
            }
        }
        killer.shutdown();

        for (Node node : List.of(publisher, hearer)) {
            node.awaitIds(ids);
            assertThat(node.sink().calls(Call.Lost.class)).isEmpty();
            assertThat(node.sink().calls(Call.Started.class)).hasSize(1);
            node.sink().assertCallsNeverOverlapped();
            node.sink().awaitStatus(State.LIVE);
        }
        assertThat(store.logged()).isEqualTo(ids);
        assertThat(kills).hasValueGreaterThanOrEqualTo(KILLS);
    }

    /** As a caller does whose publication failed: the same again, under the same id. */
    private void publishUntilItIs(Envelope event) throws Exception {
        CompletableFuture<?> publication = publisher.adapter().publish(List.of(event));
        while (true) {
            try {
                publication.get(20, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(TransportUnavailableException.class);
                publication = publisher.adapter().publish(List.of(event));
            }
        }
    }
}
