package dev.realtime.transport.postgres.server;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Large events on a way to the server that takes longer for them than any answer usually takes. */
@ExtendWith(LeakCheck.class)
class SlowWayTest {
    private static final int LARGE = 16 << 20;
    private static final int BYTES_PER_SECOND = 1_500_000;

    private final Store store = new Store();
    private final URI server = URI.create(Store.server().url());
    private final TcpProxy up = TcpProxy.to(server.getHost(), server.getPort());
    private final TcpProxy down = TcpProxy.to(server.getHost(), server.getPort());

    @AfterEach
    void close() {
        up.heal();
        down.heal();
        store.close();
        up.close();
        down.close();
    }

    /** All at once, because each takes a while: a publication, what is live, a replay, and a claim beside them. */
    @Test
    void whatIsLargeIsCommittedHeardAndReplayedOnceAndNobodyIsDownMeanwhile() throws Exception {
        Node publisher = through(up);
        Node reader = through(down);
        Node near = store.node();
        Position start = near.publish(Envelopes.withId(ORG, "small"));
        reader.awaitIds(List.of("small"));
        up.slowToServer(BYTES_PER_SECOND);
        down.slowToClient(BYTES_PER_SECOND);

        CompletableFuture<List<Position>> published = publisher.adapter().publish(List.of(large("up")));
        near.publish(large("down"));
        CompletableFuture<LogPage> replayed =
                CompletableFuture.supplyAsync(() -> reader.adapter().read(ORG, start, 1));
        assertThat(((ClaimsKeys) reader.adapter()).claim("key", Duration.ofMinutes(1)))
                .isTrue();

        assertThat(((LogPage.Entries) replayed.get(60, TimeUnit.SECONDS)).entries())
                .extracting(entry -> entry.envelope().id())
                .containsExactly("down");
        published.get(60, TimeUnit.SECONDS);
        reader.sink().awaitId("down");
        assertThat(store.logged()).containsExactly("small", "down", "up");
        for (Node node : List.of(publisher, reader)) {
            assertThat(node.sink().calls(Call.Status.class))
                    .extracting(Call.Status::status)
                    .allMatch(status -> status.state() == State.LIVE);
        }
    }

    private static Envelope large(String id) {
        return Envelopes.withPayload(Envelopes.withId(ORG, id), JsonPayload.of('"' + "x".repeat(LARGE) + '"'));
    }

    private Node through(TcpProxy proxy) {
        String url = Store.server().url().replace(":" + server.getPort() + "/", ":" + proxy.port() + "/");
        return store.start(Map.of("DATABASE_URL", url)).live();
    }
}
