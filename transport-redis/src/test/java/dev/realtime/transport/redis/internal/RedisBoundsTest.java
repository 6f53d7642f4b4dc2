package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is bounded by time, and what by size. */
class RedisBoundsTest extends OnOneRedis {
    @AfterEach
    void asItWas() {
        console.redis().configSet("proto-max-bulk-len", "512mb");
    }

    @Test
    void aValueThatTheServerDoesNotTakeIsRefusedWithBothSizesAndTheConnectionStays() throws Exception {
        console.redis().configSet("proto-max-bulk-len", "1mb");
        Instance instance = instance().live();

        assertThat(failure(instance.adapter().publish(List.of(large(2 << 20)))))
                .isInstanceOf(PublicationRefusedException.class)
                .hasMessageContaining("1048576")
                .hasMessageContaining("" + (2 << 20));
        instance.publish(Envelopes.of(ORG));
        assertThat(states(instance)).doesNotContain(State.DOWN);
    }

    @Test
    void aLimitThatNobodyToldIsToldByTheServersAnswer() throws Exception {
        Instance instance = instance().live();
        console.redis().configSet("proto-max-bulk-len", "1mb");

        // The server answers and closes: what it said may be lost on the way, but whoever connects anew asks for the
        // limit.
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(failure(instance.adapter().publish(List.of(large(2 << 20)))))
                        .isInstanceOf(PublicationRefusedException.class)
                        .hasMessageContaining("the server takes"));
    }

    @Test
    void anAttemptThatArrivesAfterTheWindowAppendsNothing() throws Exception {
        Duration window = Duration.ofSeconds(3);
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port())) {
            Instance behind = instance("redis://127.0.0.1:" + proxy.port(), window);
            behind.live().publish(Envelopes.withId(ORG, "before"));
            proxy.blackHoleToServer();
            long begun = System.nanoTime();
            assertThat(failure(behind.adapter().publish(List.of(Envelopes.withId(ORG, "stuck")))))
                    .isInstanceOf(TransportUnavailableException.class);
            await().until(() -> System.nanoTime() - begun > window.toNanos());
            String calls = evalshaCalls();

            proxy.heal();

            await().atMost(LONG).until(() -> !evalshaCalls().equals(calls));
            Instance other = instance().live();
            Position marker = other.publish(Envelopes.withId(ORG, "marker"));
            assertThat(marker.offset()).as("nothing came between").isEqualTo(2);
        }
    }

    @Test
    void whatMayHaveBeenAppendedBeforeTheWindowIsNotAppended() throws Exception {
        Instance instance = instance().live();
        Envelope known = Envelopes.of(ORG);
        Position position = instance.publish(known);
        Envelope unknown = Envelopes.of(ORG);

        assertThat(instance.adapter().publish(List.of(known), WINDOW).get(20, TimeUnit.SECONDS))
                .containsExactly(position);
        assertThat(failure(instance.adapter().publish(List.of(unknown), WINDOW)))
                .isInstanceOf(PublicationInDoubtException.class);
        assertThat(failure(instance.adapter().publish(List.of(known, unknown), WINDOW)))
                .isInstanceOf(PublicationInDoubtException.class);
        assertThat(instance.publish(Envelopes.of(ORG)).offset()).isEqualTo(2);
    }

    @Test
    void aLargePublicationOverASlowLinkTakesItsTimeOnce() throws Exception {
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port())) {
            Instance slow = instance("redis://127.0.0.1:" + proxy.port(), WINDOW);
            slow.live().following(ORG);
            proxy.slowToServer(3 << 19);
            Envelope large = large(5 << 20);
            CompletableFuture<List<Position>> publication = slow.adapter().publish(List.of(large));
            CompletableFuture<List<Position>> behind = slow.adapter().publish(List.of(Envelopes.of("globex")));

            assertThat(publication.get(60, TimeUnit.SECONDS).get(0).offset()).isEqualTo(1);
            behind.get(60, TimeUnit.SECONDS);

            slow.sink().awaitId(large.id());
            assertThat(states(slow)).doesNotContain(State.DOWN);
        }
    }

    private String evalshaCalls() {
        return console.redis()
                .info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_evalsha:"))
                .map(line -> line.replaceAll(",.*", ""))
                .findFirst()
                .orElse("");
    }
}
