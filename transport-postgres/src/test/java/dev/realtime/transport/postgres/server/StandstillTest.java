package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commits and locks that do not end: who holds them is named, and no server process is left behind at each try. */
class StandstillTest {
    /** Ten seconds until a process counts as abandoned, and a look every five. */
    private static final Duration LONG = Duration.ofSeconds(40);

    private static OwnPostgres server;

    private Store store;
    private Session admin;

    @BeforeAll
    static void start() {
        server = OwnPostgres.started();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void create() throws SQLException {
        store = new Store(server.url(), "rt");
        admin = store.session();
    }

    @AfterEach
    void drop() throws SQLException {
        setStandby("");
        admin.close();
        store.close();
    }

    @Test
    void aStandbyThatIsGoneIsNamedAndTakesNoMoreConnectionsAtEachTry() throws Exception {
        Node node = store.node();
        setStandby("missing");
        CompletableFuture<?> first = node.adapter().publish(List.of(Envelopes.withId(Store.ORG, "first")));

        awaitCause(node, State.DEGRADED, "SyncRep", "synchronous_standby_names");
        // Each of them commits, as redeemed tickets do.
        Stream<Thread> callers =
                IntStream.range(0, 6).mapToObj(i -> new Thread(() -> claimUntilRefused(node, "k" + i)));
        List<Thread> claimants = callers.toList();
        claimants.forEach(Thread::start);
        for (Thread claimant : claimants) {
            claimant.join(LONG.toMillis());
            assertThat(claimant.isAlive()).isFalse();
        }
        assertThatThrownBy(() -> claim(node, "one-more"))
                .isInstanceOf(TransportUnavailableException.class)
                .hasMessageContaining("SyncRep");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> node.publish(Envelopes.withId(Store.ORG, "again")))
                    .isInstanceOf(ExecutionException.class);
        }
        assertThat(Integer.parseInt(
                        admin.value("select count(*) from pg_stat_activity where application_name like 'realtime:%'")))
                .as("server processes of one instance")
                .isLessThanOrEqualTo(20);
        assertThat(first).isCompletedExceptionally();

        setStandby("");
        awaitCause(node, State.LIVE);
        node.publish(Envelopes.withId(Store.ORG, "after"));
        node.awaitIds(List.of("first", "after"));
        assertThat(claim(node, "one-more")).isTrue();
        assertThat(node.sink().calls(Call.Lost.class)).isEmpty();
    }

    @Test
    void aSessionThatHoldsTheGateIsNamedByItsPidAndReadingGoesOn() throws Exception {
        Node node = store.node();
        try (Session holder = store.session()) {
            holder.begin().run("lock table rt.gate");
            admin.publish("staged");

            TransportStatus status = awaitCause(node, State.DEGRADED, "pid " + holder.pid(), "rt.gate");
            assertThat(status.cause()).contains("pg_terminate_backend(" + holder.pid() + ")");
            assertThatThrownBy(() -> node.publish(Envelopes.withId(Store.ORG, "refused")))
                    .hasRootCauseInstanceOf(SQLException.class)
                    .hasMessageContaining("a lock was waited for in vain");
            assertThat(node.adapter().range(Store.ORG).head().offset()).isZero();
            assertThat(node.sink().calls(Call.Status.class))
                    .extracting(call -> call.status().state())
                    .doesNotContain(State.DOWN);
            holder.rollback();
        }

        node.awaitIds(List.of("staged"));
        awaitCause(node, State.LIVE);
    }

    @Test
    void aSessionThatLocksTheLogIsNamedByItsPid() throws Exception {
        Node node = store.node();
        try (Session holder = store.session()) {
            holder.begin().run("lock table rt.log in access exclusive mode");

            awaitCause(node, State.DOWN, "pid " + holder.pid(), "rt.log");
            holder.rollback();
        }

        node.publish(Envelopes.withId(Store.ORG, "after"));
        node.awaitIds(List.of("after"));
    }

    private static TransportStatus awaitCause(Node node, State state, String... words) {
        Store.await().atMost(LONG).untilAsserted(() -> {
            TransportStatus now = node.adapter().status();
            assertThat(now.state()).isEqualTo(state);
            if (words.length > 0) {
                assertThat(now.cause()).contains(words);
            }
        });
        return node.adapter().status();
    }

    private static boolean claim(Node node, String key) {
        return ((ClaimsKeys) node.adapter()).claim(key, Duration.ofMinutes(1));
    }

    private static void claimUntilRefused(Node node, String key) {
        while (true) {
            try {
                claim(node, key);
            } catch (TransportUnavailableException e) {
                if (e.getMessage().contains("server processes still work")) {
                    return;
                }
            }
        }
    }

    private void setStandby(String name) throws SQLException {
        admin.run("set synchronous_commit = off");
        admin.run("alter system set synchronous_standby_names = '" + name + "'");
        admin.value("select pg_reload_conf()");
    }
}
