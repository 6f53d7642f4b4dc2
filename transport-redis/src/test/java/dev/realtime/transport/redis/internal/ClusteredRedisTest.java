package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.WritesRefusedException;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A server that is one of several, each with some of the logs. */
@ExtendWith(LeakCheck.class)
class ClusteredRedisTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String ELSEWHERE = "globex";
    private static final String NOWHERE = "initech";
    private static final Map<String, String> CLUSTERED =
            Map.of("cluster-enabled", "yes", "cluster-require-full-coverage", "no", "cluster-node-timeout", "1000");

    @Test
    void logsThatAreElsewhereOrNowhereAreNamedAndTheOthersGoOn() throws Exception {
        try (OwnRedis here = OwnRedis.started(CLUSTERED);
                OwnRedis there = OwnRedis.started(CLUSTERED);
                Console console = new Console(here.url());
                Console other = new Console(there.url())) {
            give(console, other, there.port());
            try (Instance instance = new Instance(here.url(), "clustered", Duration.ofMinutes(10))) {
                instance.live().following(ORG);
                ((FollowsOrganisations) instance.adapter()).follow(ELSEWHERE);
                ((FollowsOrganisations) instance.adapter()).follow(NOWHERE);

                await().atMost(LONG).until(() -> instance.adapter().status().state() == State.DEGRADED);
                assertThat(instance.adapter().status().cause()).containsAnyOf(ELSEWHERE, NOWHERE);
                assertThat(failure(instance, ELSEWHERE))
                        .isInstanceOf(PublicationRefusedException.class)
                        .hasMessageContaining("MOVED");
                assertThat(failure(instance, NOWHERE))
                        .isInstanceOf(WritesRefusedException.class)
                        .hasMessageContaining("CLUSTERDOWN");
                Envelope heard = Envelopes.of(ORG);
                instance.publish(heard);
                instance.sink().awaitId(heard.id());
            }
        }
    }

    /** One has the log of {@link Instance#ORG}, the other one that of ELSEWHERE. */
    private static void give(Console here, Console there, int port) {
        here.redis().clusterAddSlots(slot(here, ORG));
        there.redis().clusterAddSlots(slot(there, ELSEWHERE));
        here.redis().clusterMeet("127.0.0.1", port);
        await().atMost(LONG).until(() -> here.redis().clusterInfo().contains("cluster_slots_assigned:2"));
        await().atMost(LONG).until(() -> here.redis().clusterInfo().contains("cluster_state:ok"));
    }

    private static int slot(Console console, String orgId) {
        return Math.toIntExact(console.redis().clusterKeyslot("{org:" + orgId + "}"));
    }

    private static Throwable failure(Instance instance, String orgId) throws Exception {
        CompletableFuture<?> publication = instance.adapter().publish(List.of(Envelopes.of(orgId)));
        try {
            throw new AssertionError("published at " + publication.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
