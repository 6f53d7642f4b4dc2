package dev.realtime.transport.postgres.listen;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A way to the server on which nothing comes through any more, and nobody says so. */
@ExtendWith(LeakCheck.class)
class BlackHoleTest {
    private static final Duration NOTICED = Duration.ofSeconds(8);
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final URI server = URI.create(Store.server().url());
    private final TcpProxy proxy = TcpProxy.to(server.getHost(), server.getPort());
    private final Store store = new Store();

    @AfterEach
    void stop() {
        proxy.close();
        store.close();
    }

    @Test
    void aBlackHoleIsNoticedNamedAndHealsWithoutLoss() throws Exception {
        Node near = store.node();
        Node far = store.start(Map.of("DATABASE_URL", throughTheProxy())).live();
        near.publish(Envelopes.withId(ORG, "before"));
        far.awaitIds(List.of("before"));

        proxy.blackHole();
        Store.await().atMost(NOTICED).until(() -> far.adapter().status().state() == State.DOWN);
        TransportStatus down = far.adapter().status();
        near.publish(Envelopes.withId(ORG, "meanwhile"));
        near.awaitIds(List.of("before", "meanwhile"));

        proxy.heal();
        far.sink().awaitStatus(State.LIVE);
        far.publish(Envelopes.withId(ORG, "after"));
        far.awaitIds(List.of("before", "meanwhile", "after"));
        assertThat(down.cause())
                .contains("127.0.0.1:" + proxy.port(), "no answer in time")
                .doesNotContain("\n");
        assertThat(far.sink().calls(Call.Lost.class)).isEmpty();
    }

    @Test
    void publicationsThatABlackHoleSwallowsAllFailInTime() throws Exception {
        Node far = store.start(Map.of("DATABASE_URL", throughTheProxy())).live();
        far.publish(Envelopes.of(ORG));
        List<CompletableFuture<List<Position>>> publications = new ArrayList<>();

        proxy.blackHole();
        for (Envelope event : Envelopes.several(ORG, 5_000)) {
            publications.add(far.adapter().publish(List.of(event)));
        }

        CompletableFuture<Void> all = CompletableFuture.allOf(publications.toArray(CompletableFuture[]::new));
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> all.get(BOUND.toSeconds(), TimeUnit.SECONDS))
                .withCauseInstanceOf(TransportUnavailableException.class);
        assertThat(publications).allMatch(CompletableFuture::isCompletedExceptionally);
        proxy.heal();
    }

    @Test
    void closingInABlackHoleTakesABoundedTime() throws Exception {
        Node far = store.start(Map.of("DATABASE_URL", throughTheProxy())).live();
        proxy.blackHole();
        CompletableFuture<List<Position>> publication = far.adapter().publish(Envelopes.several(ORG, 1));

        long begun = System.nanoTime();
        far.adapter().close();

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BOUND);
        assertThat(publication).failsWithin(BOUND);
        assertThat(far.adapter().status().state()).isEqualTo(State.CLOSED);
        proxy.heal();
    }

    @Test
    void connectionsThatAreResetComeBackAtOnceWithoutLoss() throws Exception {
        Node near = store.node();
        Node far = store.start(Map.of("DATABASE_URL", throughTheProxy())).live();
        List<String> ids = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            proxy.resetAll();
            for (Envelope event : Envelopes.several(ORG, 20)) {
                near.publish(event);
                ids.add(event.id());
            }
            far.awaitIds(ids);
        }

        far.sink().awaitStatus(State.LIVE);
        assertThat(far.sink().calls(Call.Lost.class)).isEmpty();
    }

    @Test
    void whoIsDeafOnlyPollsAndSaysWhyUntilItHearsAgain() throws Exception {
        Node near = store.node();
        Node deaf =
                store.start(Map.of("DATABASE_LISTEN_URL", throughTheProxy())).live();
        proxy.blackHole();
        Store.await().atMost(NOTICED).until(() -> deaf.adapter().status().state() != State.LIVE);
        TransportStatus degraded = deaf.sink().awaitStatus(State.DEGRADED);

        List<String> ids = new ArrayList<>();
        try (Session sql = store.session()) {
            for (int i = 0; i < 10; i++) {
                sql.publish("sql-" + i);
                near.publish(Envelopes.withId(ORG, "near-" + i));
                deaf.publish(Envelopes.withId(ORG, "deaf-" + i));
                ids.addAll(List.of("sql-" + i, "near-" + i, "deaf-" + i));
            }
        }
        deaf.awaitIds(ids);
        assertThat(deaf.adapter().status().state()).isEqualTo(State.DEGRADED);
        assertThat(degraded.cause()).contains("LISTEN", "polled").doesNotContain("\n");

        proxy.heal();
        deaf.sink().awaitStatus(State.LIVE);
        near.publish(Envelopes.withId(ORG, "after"));
        ids.add("after");
        deaf.awaitIds(ids);
        assertThat(deaf.sink().calls(Call.Lost.class)).isEmpty();
        assertThat(deaf.sink().calls(Call.Started.class)).hasSize(1);
    }

    @Test
    void whoNeverCouldListenPollsFromTheStart() throws Exception {
        proxy.blackHole();
        Node deaf = store.start(Map.of("DATABASE_LISTEN_URL", throughTheProxy()));
        deaf.sink().awaitStatus(State.DEGRADED);

        try (Session sql = store.session()) {
            sql.publish("polled");
        }
        deaf.sink().awaitId("polled");
        assertThat(deaf.adapter().status().state()).isEqualTo(State.DEGRADED);
        proxy.heal();
        deaf.sink().awaitStatus(State.LIVE);
    }

    private String throughTheProxy() {
        return "postgres://" + server.getRawUserInfo() + "@127.0.0.1:" + proxy.port() + server.getRawPath();
    }
}
