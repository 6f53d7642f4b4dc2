package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.WritesRefusedException;
import dev.realtime.transport.testkit.Envelopes;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that answers, and does not take what it is given. */
class RedisRefusalsTest extends OnOneRedis {
    @AfterEach
    void asItWas() {
        console.redis().configSet("maxmemory", "0");
        console.redis().configSet("min-replicas-to-write", "0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta", "stream", "marks", "id:second"})
    void aClobberedKeyIsToldToItsPublisherAndConcernsNobodyElse(String key) throws Exception {
        Instance instance = instance().live();
        instance.publish(Envelopes.withId(ORG, "first"));
        console.delete(key(key));
        if (key.equals("meta")) {
            console.redis().set(key(key), "clobbered");
        } else {
            console.redis().hset(key(key), "clobbered", "yes");
            makeMarksDue();
        }

        assertRefusedAloneUntil(instance, () -> console.delete(key(key)));
    }

    /** Of the right type, but with what is not ours. */
    @ParameterizedTest
    @ValueSource(strings = {"meta", "stream", "marks", "id:second"})
    void aKeyThatSomebodyWroteIntoIsToldToItsPublisherAndConcernsNobodyElse(String key) throws Exception {
        Instance instance = instance().live();
        instance.publish(Envelopes.withId(ORG, "first"));
        makeMarksDue();
        switch (key) {
            case "meta" -> console.redis().hset(key(key), "head", "clobbered");
            case "stream" -> console.redis().xadd(key(key), "clobbered", "yes");
            case "marks" -> console.redis().lpush(key(key), "clobbered");
            default -> console.redis().set(key(key), "clobbered");
        }

        assertRefusedAloneUntil(instance, () -> console.delete(key(key)));
    }

    private void assertRefusedAloneUntil(Instance instance, Runnable mended) throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(failure(instance.adapter().publish(List.of(Envelopes.withId(ORG, "second")))))
                    .isInstanceOf(PublicationRefusedException.class)
                    .hasMessageContaining("organisation " + ORG)
                    .hasMessageContaining(" else");
        }
        assertThat(instance.publish(Envelopes.of("globex")).offset()).isEqualTo(1);
        assertThat(instance.adapter().status().state()).isEqualTo(State.LIVE);
        mended.run();
        instance.publish(Envelopes.withId(ORG, "second"));
    }

    @Test
    void ofABatchOnlyTheOneThatIsRefusedFails() throws Exception {
        Instance instance = instance().live();
        console.redis().hset(key("id:n3"), "clobbered", "yes");
        List<CompletableFuture<List<Position>>> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(instance.adapter().publish(List.of(Envelopes.withId(ORG, "n" + i))));
        }

        assertThat(failure(all.remove(3))).isInstanceOf(PublicationRefusedException.class);
        for (int i = 0; i < 9; i++) {
            assertThat(all.get(i).get(20, TimeUnit.SECONDS).get(0).offset()).isEqualTo(i + 1);
        }
    }

    @Test
    void aFollowedLogThatCannotBeReadIsNamedAndTheOthersAreHeard() throws Exception {
        Instance instance = instance().live().following(ORG, "globex");
        instance.publish(Envelopes.of(ORG));
        console.delete(key("meta"));
        console.redis().set(key("meta"), "clobbered");

        assertOthersAreHeardUntilItIsMended(instance);

        assertThat(states(instance)).doesNotContain(State.DOWN);
    }

    @Test
    void whoComesWhileALogCannotBeReadHearsTheOthers() throws Exception {
        console.redis().set(key("meta"), "clobbered");
        Instance instance = instance();
        ((FollowsOrganisations) instance.adapter()).follow(ORG);
        instance.following("globex");

        assertOthersAreHeardUntilItIsMended(instance);
    }

    @Test
    void whoComesBackWhileALogCannotBeReadHearsTheOthers() throws Exception {
        Instance instance = instance().live().following(ORG, "globex");
        instance.publish(Envelopes.of(ORG));
        console.delete(key("meta"));
        console.redis().set(key("meta"), "clobbered");
        console.redis().clientKill(KillArgs.Builder.skipme());
        instance.sink().awaitStatus(State.DOWN);

        assertOthersAreHeardUntilItIsMended(instance);
    }

    private void assertOthersAreHeardUntilItIsMended(Instance instance) throws Exception {
        await().atMost(LONG).until(() -> instance.adapter().status().state() == State.DEGRADED);
        assertThat(instance.adapter().status().cause()).contains(ORG, "WRONGTYPE");
        Envelope heard = Envelopes.of("globex");
        instance.publish(heard);
        instance.sink().awaitId(heard.id());
        console.delete(key("meta"));

        await().atMost(LONG).until(() -> instance.adapter().status().state() == State.LIVE);
        instance.sink().awaitStarted(new LogId(ORG));
        Envelope again = Envelopes.of(ORG);
        instance.publish(again);
        instance.sink().awaitId(again.id());
    }

    @ParameterizedTest
    @CsvSource({"maxmemory, 1, 0, OOM", "min-replicas-to-write, 1, 0, NOREPLICAS"})
    void whileNoWriteIsPossibleNothingIsWrittenAndTheCauseIsNamed(
            String setting, String refusing, String allowing, String code) throws Exception {
        Instance instance = instance().live();
        instance.publish(Envelopes.of(ORG));
        makeMarksDue();
        console.redis().configSet(setting, refusing);
        Envelope event = Envelopes.of(ORG);

        assertThat(failure(instance.adapter().publish(List.of(event))))
                .isInstanceOf(WritesRefusedException.class)
                .hasMessageContaining(code);
        assertThat(failure(instance.adapter().publish(List.of(Envelopes.of("new-here")))))
                .isInstanceOf(WritesRefusedException.class);
        console.redis().configSet(setting, allowing);

        assertThat(instance.publish(event).offset()).isEqualTo(2);
        assertThat(instance.publish(Envelopes.of("new-here")).offset()).isEqualTo(1);
        assertThat(states(instance)).doesNotContain(State.DOWN);
    }

    @ParameterizedTest
    @CsvSource({"maxmemory, 1, 0, OOM", "min-replicas-to-write, 1, 0, NOREPLICAS"})
    void whileNoWriteIsPossibleEverythingIsReadThatIsThere(
            String setting, String refusing, String allowing, String code) throws Exception {
        Instance instance = instance().live().following(ORG);
        Position before = instance.publish(Envelopes.withId(ORG, "before"));
        instance.publish(Envelopes.withId(ORG, "stored"));
        console.redis().configSet(setting, refusing);
        ((FollowsOrganisations) instance.adapter()).follow("new-here");

        await().atMost(LONG).until(() -> instance.adapter().status().state() == State.DEGRADED);
        assertThat(instance.adapter().status().cause()).contains("new-here", code);
        assertThat(stored(instance, before)).containsExactly("stored");
        console.redis().configSet(setting, allowing);

        await().atMost(LONG).until(() -> instance.adapter().status().state() == State.LIVE);
        Envelope heard = Envelopes.of("new-here");
        instance.publish(heard);
        instance.sink().awaitId(heard.id());
        assertThat(states(instance)).doesNotContain(State.DOWN);
    }

    /** The front door on a full server. */
    @Test
    void whileTheServerIsFullPublishersAreQueuedAndTheCauseIsShown() throws Exception {
        try (PubSub realtime = PubSub.open(Settings.of(
                Map.of("REALTIME_TRANSPORT", "redis", "REDIS_URL", server.url(), "REALTIME_KEY_PREFIX", prefix)))) {
            await().atMost(LONG).until(() -> realtime.status().state() == State.LIVE);
            console.redis().configSet("maxmemory", "1");
            Publication publication = realtime.publish(Event.of(ORG, "orders.paid"));

            assertThat(publication.accepted().get(20, TimeUnit.SECONDS)).isEqualTo(Acceptance.QUEUED);
            assertThat(realtime.status().state()).isEqualTo(State.DEGRADED);
            assertThat(realtime.status().cause()).contains("publishing: ", "OOM");
            console.redis().configSet("maxmemory", "0");

            assertThat(publication.committed().get(20, TimeUnit.SECONDS)).hasSize(1);
            await().atMost(LONG).until(() -> realtime.status().state() == State.LIVE);
        }
    }

    /** If the right to a single command is missing, nothing is written half. */
    @ParameterizedTest
    @EnumSource(
            value = CommandType.class,
            names = {"XADD", "SET", "HSET", "PEXPIRE", "GET", "HMGET", "EVALSHA", "RPUSH", "LINDEX", "XTRIM"})
    void aRightThatIsMissingIsNamedAndNothingIsHalfWritten(CommandType denied) throws Exception {
        Instance instance = instance(userUrl(), WINDOW).live();
        Position before = instance.publish(Envelopes.withId(ORG, "before"));
        makeMarksDue();
        console.redis().aclSetuser(user(), AclSetuserArgs.Builder.removeCommand(denied));

        for (int i = 0; i < 2; i++) {
            List<Envelope> two = List.of(Envelopes.withId(ORG, "a"), Envelopes.withId(ORG, "b"));
            assertThat(failure(instance.adapter().publish(two)))
                    .isInstanceOf(WritesRefusedException.class)
                    .hasMessageContaining("NOPERM");
        }
        console.redis().aclSetuser(user(), all());

        assertThat(instance.publish(Envelopes.withId(ORG, "c")).offset()).isEqualTo(2);
        assertThat(instance.publish(Envelopes.withId(ORG, "a")).offset()).isEqualTo(3);
        assertThat(stored(instance, before)).containsExactly("c", "a");
    }

    @Test
    void whoMayNotWakeOthersIsHeardByPolling() throws Exception {
        Instance instance = instance(userUrl(), WINDOW).live().following(ORG);
        console.redis().aclSetuser(user(), AclSetuserArgs.Builder.removeCommand(CommandType.PUBLISH));
        Envelope event = Envelopes.of(ORG);

        instance.publish(event);

        instance.sink().awaitId(event.id());
    }

    private String user() {
        return "user" + prefix;
    }

    private String userUrl() {
        console.redis().aclSetuser(user(), all());
        return "redis://" + user() + ":pw@127.0.0.1:" + server.port();
    }

    private static AclSetuserArgs all() {
        return AclSetuserArgs.Builder.on()
                .addPassword("pw")
                .allKeys()
                .allChannels()
                .allCommands();
    }

    /** The next append looks at the marks, and makes one. */
    private void makeMarksDue() {
        console.redis().hset(key("meta"), "marked", "0");
    }
}
