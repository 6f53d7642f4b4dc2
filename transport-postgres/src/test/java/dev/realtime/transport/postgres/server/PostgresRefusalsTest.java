package dev.realtime.transport.postgres.server;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.WritesRefusedException;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that answers, and does not append what it is given. */
@ExtendWith(LeakCheck.class)
class PostgresRefusalsTest {
    private final Store store = new Store();
    private Node node;
    private Session admin;

    @BeforeEach
    void open() throws SQLException {
        node = store.node();
        admin = store.session();
    }

    @AfterEach
    void close() throws SQLException {
        admin.close();
        store.close();
    }

    @Test
    void ofABatchOnlyTheOneThatIsRefusedFails() throws Exception {
        admin.run("alter table rt.log add constraint no_such_event check (topic <> 'forbidden')");
        admin.run("begin; lock table rt.gate in share row exclusive mode");
        List<CompletableFuture<List<Position>>> all = new ArrayList<>();
        all.add(node.adapter().publish(List.of(Envelopes.withId(ORG, "first"))));
        for (int i = 0; i < 5; i++) {
            Envelope event = Envelopes.withId(ORG, "n" + i);
            all.add(node.adapter()
                    .publish(List.of(i == 2 ? Envelopes.withNames(event, event.type(), "forbidden") : event)));
        }
        admin.run("commit");

        assertThat(failure(all.remove(3)))
                .isInstanceOf(PublicationRefusedException.class)
                .hasMessageContaining("23514");
        for (CompletableFuture<List<Position>> each : all) {
            each.get(20, TimeUnit.SECONDS);
        }
        assertThat(store.logged()).containsExactly("first", "n0", "n1", "n3", "n4");
        assertThat(node.adapter().status().state()).isEqualTo(State.LIVE);
    }

    /** A line break in a name would be a second field of a frame. */
    @ParameterizedTest
    @ValueSource(strings = {"orders\nevent: realtime.close", "a\rb", "a b", "a\"b", "caf\u00e9", "a\u2028b"})
    void whatCannotBeWrittenAsAFrameCannotEnterTheLog(String name) throws Exception {
        Envelope event = Envelopes.withId(ORG, "good");

        for (Envelope bad : List.of(
                Envelopes.withNames(event, name, event.topic()),
                Envelopes.withNames(event, event.type(), name),
                Envelopes.withId(ORG, name),
                Envelopes.withId(name, "good"))) {
            assertThat(failure(node.adapter().publish(List.of(bad))))
                    .isInstanceOf(PublicationRefusedException.class)
                    .hasMessageContaining("22023");
        }
        node.publish(event);
        assertThat(store.logged()).containsExactly("good");
    }

    @Test
    void aGrantThatIsTakenAwayIsNamedAndNothingIsInDoubt() throws Exception {
        String role = "role_" + store.schema();
        String append = "function rt.append(integer[], text[], text[], text[], text[], text[], bigint[], bytea[],"
                + " boolean, bigint)";
        admin.run("create role " + role + " login password 'its own'");
        try {
            admin.value("select rt.grant_listener('" + role + "')");
            URI uri = URI.create(Store.server().url());
            String url = "postgres://" + role + ":its%20own@" + uri.getHost() + ":" + uri.getPort() + uri.getPath();
            Node listener = store.start(Map.of("DATABASE_URL", url, "REALTIME_MIGRATE", "false"))
                    .live();
            admin.run("revoke execute on " + append + " from " + role);
            Envelope event = Envelopes.of(ORG);

            assertThat(failure(listener.adapter().publish(List.of(event))))
                    .isInstanceOf(WritesRefusedException.class)
                    .hasMessageContaining("a grant is missing");
            admin.run("grant execute on " + append + " to " + role);

            listener.publishAgain(event);
            assertThat(store.logged()).containsExactly(event.id());
            listener.adapter().close();
        } finally {
            admin.run("drop owned by " + role + "; drop role " + role);
        }
    }

    @Test
    void whatMayHaveBeenAppendedBeforeTheWindowIsNotAppended() throws Exception {
        Envelope known = Envelopes.of(ORG);
        Envelope other = Envelopes.withPayload(known, JsonPayload.of("[]"));
        Position position = node.publish(known);
        Duration window = Duration.ofMinutes(10);

        assertThat(node.adapter().publish(List.of(known), window).get(20, TimeUnit.SECONDS))
                .containsExactly(position);
        assertThat(failure(node.adapter().publish(List.of(other), window))).isInstanceOf(EventConflictException.class);
        assertThat(failure(node.adapter().publish(List.of(Envelopes.of(ORG)), window)))
                .isInstanceOf(PublicationInDoubtException.class);
        assertThat(store.logged()).containsExactly(known.id());
    }

    @Test
    void anAttemptThatGetsTheGateAfterTheWindowAppendsNothing() throws Exception {
        node.publish(Envelopes.withId(ORG, "before"));
        admin.run("update rt.store set replay_window = '2 seconds'");
        admin.run("begin; lock table rt.gate in share row exclusive mode");
        long begun = System.nanoTime();
        CompletableFuture<List<Position>> stuck = node.adapter().publish(List.of(Envelopes.withId(ORG, "stuck")));
        Store.await()
                .until(() -> System.nanoTime() - begun > Duration.ofSeconds(2).toNanos());
        admin.run("commit");

        assertThat(failure(stuck))
                .isInstanceOfSatisfying(
                        TransportUnavailableException.class,
                        late -> assertThat(late.isNotSent()).isTrue());
        node.publish(Envelopes.withId(ORG, "after"));
        assertThat(store.logged()).containsExactly("before", "after");
    }

    @Test
    void aLargePublicationThatIsCutThoughItsBoundFollowsItsSizeIsAnAttemptThatCounts() throws Exception {
        admin.run("begin; lock table rt.gate in share row exclusive mode");
        Envelope large = Envelopes.withPayload(
                Envelopes.withId(ORG, "large"), JsonPayload.of('"' + "x".repeat(300 << 10) + '"'));

        for (Envelope each : List.of(Envelopes.withId(ORG, "small"), large)) {
            assertThat(failure(cutAtTheGate(each)))
                    .isInstanceOfSatisfying(
                            TransportUnavailableException.class,
                            e -> assertThat(e.isNotSent()).isEqualTo(each.id().equals("small")));
        }
        admin.run("commit");
        node.publishAgain(large);
        assertThat(store.logged()).containsExactly("large");
    }

    /** Published again as long as it hears of the failure before it. */
    private CompletableFuture<List<Position>> cutAtTheGate(Envelope event) {
        AtomicReference<CompletableFuture<List<Position>>> cut = new AtomicReference<>();
        Store.await().until(() -> {
            if (cut.get() == null || cut.get().isDone()) {
                cut.set(node.adapter().publish(List.of(event)));
            }
            return !admin.column("select pg_cancel_backend(l.pid) from pg_locks l join pg_class c on c.oid = l.relation"
                            + " where not l.granted and c.oid = 'rt.gate'::regclass")
                    .isEmpty();
        });
        return cut.get();
    }

    private static Throwable failure(CompletableFuture<List<Position>> publication) throws Exception {
        try {
            throw new AssertionError("published at " + publication.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
