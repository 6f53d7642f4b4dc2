package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.FollowingAdapter;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.spi.LogId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FollowTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");
    private static final LogId LOG = new LogId("acme");

    private final FollowingAdapter adapter = new FollowingAdapter();
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
    void followsAnOrganisationWhileSomebodyListens() {
        Listener first = new Listener(pubSub, ACME);
        first.hears("open 0", "live");
        Listener second = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        first.subscription().close();
        adapter.append("acme", "b");
        second.hears("open 0", "live", "a@1", "b@2");
        assertThat(adapter.calls()).containsExactly("follow acme");
        second.subscription().close();

        assertThat(adapter.calls()).containsExactly("follow acme", "unfollow acme");
    }

    @Test
    void organisationsHaveLogsOfTheirOwn() {
        adapter.append("acme", "a", "b");
        Listener acme = new Listener(pubSub, ACME);
        Listener other = new Listener(pubSub, SubscribeRequest.of("other"));

        acme.hears("open 2", "live");
        other.hears("open 0", "live");
    }

    @Test
    void whoComesBackHearsFromTheNewStartOn() {
        Listener first = new Listener(pubSub, ACME);
        first.hears("open 0", "live");
        first.subscription().close();
        adapter.append("acme", "a");

        Listener second = new Listener(pubSub, ACME);
        second.hears("open 1", "live");
        adapter.append("acme", "b");
        second.hears("b@2");
    }

    @Test
    void whoResumesHearsWhatNobodyListenedTo() {
        Listener first = new Listener(pubSub, ACME);
        first.hears("open 0", "live");
        String cursor = adapter.head(LOG).cursor();
        first.subscription().close();
        adapter.append("acme", "a");

        Listener second = new Listener(pubSub, ACME.from(cursor));

        second.hears("open 0 resumed", "a@1", "live");
    }

    @Test
    void startThatComesAfterEverybodyLeftIsForgotten() {
        adapter.answersFollow(false);
        Listener first = new Listener(pubSub, ACME);
        first.subscription().close();
        adapter.startFollowed("acme");
        adapter.unfollow("acme");
        adapter.append("acme", "a");

        Listener second = new Listener(pubSub, ACME);
        second.hearsNothing();
        adapter.startFollowed("acme");

        second.hears("open 1", "live");
    }

    @Test
    void lateStartOfAnEarlierFollowLosesNothing() {
        adapter.answersFollow(false);
        Listener first = new Listener(pubSub, ACME);
        first.subscription().close();
        Listener second = new Listener(pubSub, ACME);
        adapter.startFollowed("acme");
        adapter.unfollow("acme");
        adapter.append("acme", "a");
        adapter.startFollowed("acme");
        adapter.append("acme", "b");

        second.hears("open 0", "live");
        assertThat(second.next(2)).containsExactly("a@1", "b@2");
    }

    @Test
    void whatIsPublishedWhereNobodyListensLeavesNothingBehind() {
        adapter.goDown();
        pubSub.publish(Event.of("acme", "changed").withId("a"));
        adapter.comeBack();
        adapter.settle();

        Listener listener = new Listener(pubSub, ACME);
        listener.hears("open 1", "live");
        assertThat(adapter.calls()).containsExactly("follow acme");
    }

    @Test
    void subscribersWhoComeAndGoAreAlwaysHeard() {
        for (int i = 0; i < 500; i++) {
            Listener listener = new Listener(pubSub, ACME);
            assertThat(listener.next(2).get(0)).startsWith("open");
            listener.subscription().close();
        }

        assertThat(pubSub.stats().subscriptions()).isZero();
    }
}
