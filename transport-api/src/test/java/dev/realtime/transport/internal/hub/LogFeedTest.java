package dev.realtime.transport.internal.hub;

import static dev.realtime.transport.internal.hub.Samples.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.SubscribeRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only a race shows from outside: an adapter's call between the finding of a feed and the joining of it. */
class LogFeedTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final DeskOfATest desk = new DeskOfATest();
    private final LogFeed feed = new LogFeed(desk);

    private static final class DeskOfATest implements LogFeed.Desk {
        private final List<String> calls = new ArrayList<>();
        private boolean onDemand = true;

        @Override
        public void replay(HubSubscription subscription) {
            calls.add("replay");
        }

        @Override
        public void follow(String orgId) {
            calls.add("follow " + orgId);
        }

        @Override
        public void unfollow(String orgId) {
            calls.add("unfollow " + orgId);
        }

        @Override
        public boolean followsOnDemand() {
            return onDemand;
        }

        @Override
        public boolean transportIsDown() {
            return false;
        }

        @Override
        public boolean ended() {
            return false;
        }

        @Override
        public void forget(LogFeed forgotten) {
            calls.add("forget");
        }

        @Override
        public void count(int delivered, int gaps) {}
    }

    @Test
    void startThatNobodyWaitsForDoesNotStandInForFollowing() {
        feed.started(at(3));

        HubSubscription subscription = feed.add(ACME, 1_000, () -> {});

        assertThat(desk.calls).containsExactly("follow acme");
        assertThat(subscription.poll()).isNull();
    }

    @Test
    void startOfALogThatIsAlwaysHeardIsKept() {
        desk.onDemand = false;
        feed.started(at(3));

        HubSubscription subscription = feed.add(ACME, 1_000, () -> {});

        assertThat(desk.calls).isEmpty();
        assertThat(subscription.poll()).isNotNull();
    }

    @Test
    void feedThatWasForgottenTakesNobody() {
        HubSubscription only = feed.add(ACME, 1_000, () -> {});
        only.close();

        assertThat(desk.calls).containsExactly("follow acme", "unfollow acme", "forget");
        assertThat(feed.add(ACME, 1_000, () -> {})).isNull();
    }

    @Test
    void feedOfALogThatIsAlwaysHeardOutlivesItsSubscribers() {
        desk.onDemand = false;
        feed.add(ACME, 1_000, () -> {}).close();

        assertThat(feed.add(ACME, 1_000, () -> {})).isNotNull();
    }

    @Test
    void subscriberThatLeftIsNotKeptForALaterReplay() {
        desk.onDemand = false;
        feed.started(at(3));
        HubSubscription subscription = feed.add(ACME.from(at(1).cursor()), 1_000, () -> {});
        assertThat(subscription.nextPageAfter()).isEqualTo(at(1));
        subscription.close();
        feed.park(subscription);
        desk.calls.clear();

        feed.unpark();

        assertThat(desk.calls).isEmpty();
    }
}
