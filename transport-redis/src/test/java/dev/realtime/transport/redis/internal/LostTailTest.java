package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnRedis;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever missed a part of the log that was lost is told, also who was away since before it: an epoch ends. */
@ExtendWith(LeakCheck.class)
class LostTailTest {
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final Map<String, String> ALWAYS = Map.of("appendonly", "yes", "appendfsync", "always");
    private static final Map<String, String> EVERY_SECOND = Map.of("appendonly", "yes", "appendfsync", "everysec");
    private static final String QUIET = "globex";

    @ParameterizedTest
    @ValueSource(strings = {"everysec", "no", "snapshots"})
    void whatAServerLosesThatDoesNotSyncEveryWriteIsToldToWhoWasAway(String saving) throws Exception {
        Map<String, String> settings = saving.equals("snapshots")
                ? Map.of("appendonly", "no")
                : Map.of("appendonly", "yes", "appendfsync", saving);
        try (OwnRedis server = OwnRedis.started(settings);
                Instance instance =
                        new Instance(server.url(), "lost", WINDOW).live().following(ORG)) {
            Position away = published(instance, ORG, 3);
            Position quiet = published(instance, QUIET, 3);
            if (saving.equals("snapshots")) {
                save(server);
            }
            server.snapshot();
            published(instance, ORG, 3);
            published(instance, QUIET, 3);

            after(() -> loseTail(server), instance);
            requireTold(instance, ORG, away, published(instance, ORG, 5));
            requireTold(instance, QUIET, quiet, published(instance, QUIET, 5));
            assertThat(gaps(instance)).hasSize(1);
        }
    }

    @Test
    void aServerThatSyncsEveryWriteGoesOnAfterARestartUnlessSomebodyMissesWhatHeAcknowledged() throws Exception {
        try (OwnRedis server = OwnRedis.started(ALWAYS);
                Instance instance =
                        new Instance(server.url(), "synced", WINDOW).live().following(ORG)) {
            Position away = published(instance, ORG, 3);
            Position quiet = published(instance, QUIET, 3);
            server.snapshot();
            after(() -> restart(server), instance);
            assertThat(instance.adapter().read(ORG, away, 10)).isInstanceOf(LogPage.Entries.class);
            assertThat(instance.adapter().read(QUIET, quiet, 10)).isInstanceOf(LogPage.Entries.class);

            published(instance, QUIET, 3);
            after(() -> loseTail(server), instance);
            requireTold(instance, QUIET, quiet, published(instance, QUIET, 5));
            assertThat(instance.adapter().read(ORG, away, 10))
                    .as("of this one nothing is missing")
                    .isInstanceOf(LogPage.Entries.class);
            assertThat(gaps(instance)).isEmpty();
        }
    }

    @Test
    void aReplicaWithoutTheTailIsToldAndSoIsWhatTheDemotedPrimaryStillAcknowledges() throws Exception {
        try (OwnRedis server = OwnRedis.started(ALWAYS);
                OwnRedis replica = OwnRedis.started(ALWAYS);
                Console console = new Console(replica.url());
                TcpProxy wayOfOne = TcpProxy.to("127.0.0.1", server.port());
                TcpProxy wayOfOther = TcpProxy.to("127.0.0.1", server.port());
                Instance onNew = new Instance(through(wayOfOne), "failover", WINDOW)
                        .live()
                        .following(ORG);
                Instance onOld = new Instance(through(wayOfOther), "failover", WINDOW).live()) {
            console.redis().replicaof("127.0.0.1", server.port());
            Position away = published(onNew, ORG, 3);
            await().until(() -> "3".equals(console.redis().hget("failover:{org:acme}:meta", "head")));
            console.redis().replicaofNoOne();
            published(onNew, ORG, 3);

            after(() -> lead(wayOfOne, replica), onNew);
            assertThat(gaps(onNew)).hasSize(1);
            Position since = published(onNew, ORG, 1);
            requireTold(onNew, ORG, away, since);

            published(onOld, ORG, 20);
            after(() -> lead(wayOfOther, replica), onOld);
            await().until(() -> gaps(onNew).size() == 2);
            requireTold(onNew, ORG, since, published(onOld, ORG, 1));
        }
    }

    @Test
    void whatTheLogStillHasIsKnownThoughTheEpochIsAnother() throws Exception {
        try (OwnRedis server = OwnRedis.started(EVERY_SECOND);
                Instance instance = new Instance(server.url(), "known", WINDOW).live()) {
            Envelope event = Envelopes.of(ORG);
            Position first = instance.publish(event);
            after(() -> restart(server), instance);

            Position again = instance.publish(event);

            assertThat(again.epoch()).isNotEqualTo(first.epoch());
            assertThat(again.offset()).isEqualTo(first.offset());
        }
    }

    @Test
    void whereTheServerDoesNotSayWhichRunItIsWhoHasHeardTheTailMissesIt() throws Exception {
        Map<String, String> settings =
                Map.of("appendonly", "yes", "user", "app on >secret-of-app ~* &* +@all -info -config");
        try (OwnRedis server = OwnRedis.started(settings);
                Instance instance = new Instance(
                                server.url().replace("redis://", "redis://app:secret-of-app@"), "silent", WINDOW)
                        .live()
                        .following(ORG)) {
            Position away = published(instance, ORG, 3);
            after(() -> restart(server), instance);
            assertThat(instance.adapter().read(ORG, away, 10)).isInstanceOf(LogPage.Entries.class);
            server.snapshot();
            published(instance, ORG, 3);

            after(() -> loseTail(server), instance);
            assertThat(gaps(instance)).hasSize(1);
            requireTold(instance, ORG, away, published(instance, ORG, 1));
        }
    }

    /** A resume from there is told so. */
    private static void requireTold(Instance instance, String orgId, Position away, Position head) {
        LogPage page = instance.adapter().read(orgId, away, 10);
        assertThat(page).isInstanceOf(LogPage.Gap.class);
        LogPage.Gap gap = (LogPage.Gap) page;
        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt().offset()).isEqualTo(head.offset());
        assertThat(gaps(instance)).allSatisfy(told -> assertThat(told.reason()).isEqualTo(GapReason.EPOCH_CHANGED));
    }

    private static List<LogPage.Gap> gaps(Instance instance) {
        return instance.sink().calls(Call.Lost.class).stream()
                .map(Call.Lost::gap)
                .toList();
    }

    private static Position published(Instance instance, String orgId, int events) throws Exception {
        return instance.publish(Envelopes.several(orgId, events)).get(events - 1);
    }

    /** And waits until the instance is back. */
    private static void after(Runnable outage, Instance instance) {
        long before = timesLive(instance);
        outage.run();
        await().until(() -> timesLive(instance) > before);
    }

    private static long timesLive(Instance instance) {
        return instance.sink().calls(Call.Status.class).stream()
                .filter(call -> call.status().state() == State.LIVE)
                .count();
    }

    private static void restart(OwnRedis server) {
        server.kill();
        server.start();
    }

    private static void loseTail(OwnRedis server) {
        server.kill();
        server.restore();
        server.start();
    }

    private static void save(OwnRedis server) {
        try (Console console = new Console(server.url())) {
            console.redis().save();
        }
    }

    private static void lead(TcpProxy proxy, OwnRedis to) {
        proxy.retarget("127.0.0.1", to.port());
        proxy.resetAll();
    }

    private static String through(TcpProxy proxy) {
        return "redis://127.0.0.1:" + proxy.port();
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20));
    }
}
