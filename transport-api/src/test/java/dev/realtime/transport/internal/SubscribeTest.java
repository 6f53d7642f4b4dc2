package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SubscribeTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final ScriptedAdapter adapter = ScriptedAdapter.withOneLog();
    private final PubSub pubSub = Doors.on(adapter);

    @BeforeEach
    void start() {
        adapter.goLive();
    }

    @AfterEach
    void close() {
        pubSub.close();
    }

    @Test
    void opensAtTheHeadThenHearsWhatEveryInstancePublishes() {
        adapter.append("acme", "before");
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "theirs");
        pubSub.publish(Event.of("acme", "changed").withId("ours")).committed().join();

        listener.hears("open 1", "live", "theirs@2", "ours@3");
    }

    @Test
    void waitsForTheFirstStart() {
        ScriptedAdapter late = ScriptedAdapter.withOneLog();
        try (PubSub starting = Doors.on(late)) {
            late.append("acme", "before");
            Listener listener = new Listener(starting, ACME);
            listener.hearsNothing();
            assertThat(listener.subscription().mark()).isFalse();

            late.goLive();

            listener.hears("open 1", "live");
        }
    }

    @Test
    void hearsOnlyItsOrganisation() {
        Listener acme = new Listener(pubSub, ACME);
        Listener other = new Listener(pubSub, SubscribeRequest.of("other"));
        adapter.append("acme", "a");
        adapter.append("other", "b");
        adapter.append("acme", "c");

        acme.hears("open 0", "live", "a@1", "c@3");
        other.hears("open 0", "live", "b@2");
        other.hearsNothing();
    }

    @Test
    void hearsOnlyWhatBothListsOfItsFilterMatch() {
        Filter filter = new Filter(List.of("resource:*"), List.of("orders.created", "orders.deleted"));
        Listener listener = new Listener(pubSub, ACME.withFilter(filter));
        publish("created", Event.Action.CREATE, "resource:orders");
        publish("updated", Event.Action.UPDATE, "resource:orders");
        publish("elsewhere", Event.Action.CREATE, "custom:orders");
        publish("deleted", Event.Action.DELETE, "resource:orders");

        listener.hears("open 0", "live", "created@1", "deleted@4");
    }

    private void publish(String id, Event.Action action, String topic) {
        pubSub.publish(Event.resourcePing("acme", "orders", action, "1")
                        .withTopic(topic)
                        .withId(id))
                .committed()
                .join();
        adapter.settle();
    }

    @Test
    void hearsOnlyWhatItsUserMay() {
        Listener ann = new Listener(pubSub, ACME.withUser("ann"));
        Listener bob = new Listener(pubSub, ACME.withUser("bob"));
        Listener nobody = new Listener(pubSub, ACME);
        Event event = Event.of("acme", "changed");
        pubSub.publish(List.of(
                event.withId("all"),
                event.withId("ann").withAudience(Set.of("ann")),
                event.withId("both").withAudience(Set.of("ann", "bob"))));
        adapter.settle();

        ann.hears("open 0", "live", "all@1", "ann@2", "both@3");
        bob.hears("open 0", "live", "all@1", "both@3");
        nobody.hears("open 0", "live", "all@1");
        nobody.hearsNothing();
    }

    @Test
    void filtersAndAudienceHoldInReplayToo() {
        Listener first = new Listener(pubSub, ACME);
        first.hears("open 0", "live");
        Event event = Event.of("acme", "changed");
        pubSub.publish(List.of(
                event.withId("all"),
                event.withId("topic").withTopic("custom:x"),
                event.withId("bob").withAudience(Set.of("bob"))));
        adapter.settle();
        String cursor = adapter.position(LogId.SHARED, 0).cursor();

        new Listener(pubSub, ACME.withFilter(Filter.topics("events")).from(cursor))
                .hears("open 0 resumed", "all@1", "live");
        new Listener(pubSub, ACME.withUser("bob").from(cursor))
                .hears("open 0 resumed", "all@1", "topic@2", "bob@3", "live");
    }

    @Test
    void marksHowFarAQuietStreamHasCome() {
        Listener quiet = new Listener(pubSub, SubscribeRequest.of("quiet"));
        quiet.hears("open 0", "live");
        adapter.append("acme", "a", "b");

        assertThat(quiet.subscription().mark()).isTrue();

        quiet.hears("reached 2");
    }

    @Test
    void marksBehindWhatWaits() {
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        listener.subscription().mark();
        adapter.append("acme", "b");

        listener.hears("open 0", "live", "a@1", "reached 1", "b@2");
    }

    @Test
    void hearsNothingAfterItsClose() {
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        listener.subscription().close();
        listener.subscription().close();
        adapter.append("acme", "b");

        listener.hearsNothing();
        assertThat(listener.subscription().mark()).isFalse();
        assertThat(pubSub.stats().subscriptions()).isZero();
        assertThat(pubSub.stats().mailboxBytes()).isZero();
    }

    @Test
    void subscriptionMayBeClosedByTheSignalOfAnother() {
        Listener first = new Listener(pubSub, ACME);
        Listener second = new Listener(pubSub, ACME);
        Listener third = new Listener(pubSub, ACME);
        Runnable closesSome = () -> {
            if (adapter.head(LogId.SHARED).offset() > 0) {
                first.subscription().close();
                second.subscription().close();
            }
        };
        var closing = pubSub.subscribe(ACME, closesSome);
        while (closing.poll() != null) {
            // empty, so that the next event signals
        }
        adapter.append("acme", "a");
        adapter.append("acme", "b");

        third.hears("open 0", "live", "a@1", "b@2");
    }

    @Test
    void signalThatThrowsHarmsNobodyElse() {
        pubSub.subscribe(ACME, () -> {
            throw new IllegalStateException("a subscriber's bug");
        });
        Listener other = new Listener(pubSub, ACME);
        adapter.append("acme", "a");

        other.hears("open 0", "live", "a@1");
    }

    @Test
    void readsPositionsFromTheBackend() {
        adapter.lagging(true);
        adapter.append("acme", "a", "b");

        assertThat(pubSub.position("acme").join()).isEqualTo(adapter.head(LogId.SHARED));
    }

    @Test
    void countsWhatItDoes() {
        Listener listener = new Listener(pubSub, ACME);
        new Listener(pubSub, ACME);
        pubSub.publish(Event.of("acme", "changed").withId("a")).committed().join();
        adapter.settle();
        adapter.tell(State.DOWN);
        adapter.tell(State.DEGRADED);
        listener.hears("open 0", "live", "a@1");

        PubSub.Stats stats = pubSub.stats();
        assertThat(stats.published()).isEqualTo(1);
        assertThat(stats.delivered()).isEqualTo(2);
        assertThat(stats.gaps()).isZero();
        assertThat(stats.recoveries()).isEqualTo(1);
        assertThat(stats.subscriptions()).isEqualTo(2);
        assertThat(stats.mailboxBytes()).isPositive();
        assertThat(stats.queued()).isZero();
    }
}
