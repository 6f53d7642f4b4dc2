package dev.realtime.transport.internal.hub;

import static dev.realtime.transport.internal.hub.Samples.at;
import static dev.realtime.transport.internal.hub.Samples.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What only a race shows from outside: an adapter's call between the finding of a feed and the joining of it. */
class LogFeedTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final DeskOfATest desk = new DeskOfATest();
    private final LogFeed feed = new LogFeed(desk);

    private static final class DeskOfATest implements LogFeed.Desk {
        private int open;
        private final List<String> calls = new ArrayList<>();
        private final List<Throwable> failures = new ArrayList<>();
        private boolean onDemand = true;

        @Override
        public void logChanged() {}

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
        public void failed(Throwable failure) {
            failures.add(failure);
        }

        @Override
        public void countConflated(int pings) {
            throw new AssertionError("nothing here fills a mailbox");
        }

        @Override
        public void left(HubSubscription subscription) {
            // holds nothing here
        }

        @Override
        public void countOpen(int subscriptions) {
            open += subscriptions;
        }

        @Override
        public long drawnRefetch() {
            return 1_234;
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
    void eachSubscriberIsCountedOnceWhenItComesAndOnceWhenItGoes() {
        desk.onDemand = false;
        HubSubscription first = feed.add(ACME, 1_000, () -> {});
        HubSubscription second = feed.add(ACME, 1_000, () -> {});
        assertThat(desk.open).isEqualTo(2);

        first.close();
        first.close();
        assertThat(desk.open).isEqualTo(1);

        feed.endAll();
        second.close();
        assertThat(desk.open).isZero();
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

    /** It read through the pool up to 105 while the feed was at 100, and is live. */
    private HubSubscription aheadOfTheFeed() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(90).cursor()), 1_000_000, () -> {});
        subscription.nextPageAfter();
        subscription.page(new LogPage.Entries(List.of(), at(105)), received(e1(91, 105)));
        assertThat(lines(subscription))
                .hasSize(17)
                .startsWith("open e1-90", "e1-91")
                .endsWith("e1-105", "live");
        return subscription;
    }

    private static List<LogEntry> e1(long from, long to) {
        return entries(from, to, "e1", "abc");
    }

    /** Of a log that took another way after 100. */
    private static List<LogEntry> e2(long from, long to) {
        return entries(from, to, "e2", "def");
    }

    private static List<LogEntry> entries(long from, long to, String epoch, String check) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(offset -> new LogEntry(
                        new Position(epoch, offset, check), event(offset).envelope(), 0))
                .toList();
    }

    private static List<Received> received(List<LogEntry> entries) {
        return entries.stream().map(HubSubscription::received).toList();
    }

    private void deliver(List<LogEntry> entries) {
        feed.deliver(entries, entries.get(entries.size() - 1).position());
    }

    private static List<String> lines(HubSubscription subscription) {
        List<String> lines = new ArrayList<>();
        for (Delivery next = subscription.poll(); next != null; next = subscription.poll()) {
            lines.add(line(next));
        }
        return lines;
    }

    private static String line(Delivery delivery) {
        if (delivery instanceof Received received) {
            return place(received.position());
        }
        if (delivery instanceof Delivery.Opened opened) {
            return "open " + place(opened.start());
        }
        if (delivery instanceof Delivery.Gap gap) {
            return "gap " + gap.reason().wireName() + " after " + gap.requested() + " from "
                    + gap.head().cursor();
        }
        return delivery instanceof Delivery.Live ? "live" : delivery.toString();
    }

    private static String place(Position position) {
        return position.epoch() + "-" + position.offset();
    }

    @Test
    void readerAheadOfAPrimaryThatFailedIsToldWhatWasUndoneAndHearsTheNewLog() {
        HubSubscription subscription = aheadOfTheFeed();

        deliver(e2(101, 106));

        assertThat(lines(subscription))
                .containsExactly(
                        "gap epoch_changed after e1-105-abc from e2-100-abc",
                        "e2-101",
                        "e2-102",
                        "e2-103",
                        "e2-104",
                        "e2-105",
                        "e2-106");
    }

    @Test
    void logThatTookAnotherWayUnderTheSameEpochIsAGapToo() {
        HubSubscription subscription = aheadOfTheFeed();

        deliver(entries(101, 106, "e1", "def"));

        assertThat(lines(subscription))
                .hasSize(7)
                .first()
                .isEqualTo("gap epoch_changed after e1-105-abc from e1-100-abc");
    }

    @Test
    void readerAheadHearsEachEventOnceWhenTheNewPrimaryHasThemAll() {
        HubSubscription subscription = aheadOfTheFeed();

        deliver(entries(101, 106, "e2", "abc"));

        assertThat(lines(subscription)).containsExactly("e2-106");
    }

    @Test
    void readerAheadHearsEachEventOnceWhenTheFeedComesInPortions() {
        HubSubscription subscription = aheadOfTheFeed();

        deliver(e1(101, 103));
        deliver(e1(104, 106));

        assertThat(lines(subscription)).containsExactly("e1-106");
        assertThat(desk.calls).containsOnlyOnce("replay");
    }

    @Test
    void portionOfANewEpochThatDoesNotComeSoFarIsProvedByTheLog() {
        HubSubscription subscription = aheadOfTheFeed();
        desk.calls.clear();

        deliver(e2(101, 103));
        assertThat(desk.calls).containsExactly("replay");
        assertThat(subscription.nextPageAfter()).isEqualTo(at(105));
        Position head = new Position("e2", 103, "def");
        subscription.page(
                new LogPage.Gap(GapReason.EPOCH_CHANGED, new LogRange(new Position("e2", 0, "0"), head)), List.of());
        deliver(e2(104, 104));

        assertThat(lines(subscription)).containsExactly("gap epoch_changed after e1-105-abc from e2-103-def", "e2-104");
    }

    @Test
    void pageOnItsWayWhileTheEpochChangesIsReadAgain() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(90).cursor()), 1_000_000, () -> {});
        subscription.nextPageAfter();

        deliver(e2(101, 106));
        subscription.page(new LogPage.Entries(List.of(), at(105)), received(e1(91, 105)));

        assertThat(lines(subscription)).isEmpty();
        assertThat(subscription.nextPageAfter()).isEqualTo(at(90));
    }

    @Test
    void pageReadFromThePrimaryThatWasLeftIsReadAgainLater() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(90).cursor()), 1_000_000, () -> {});
        deliver(e2(101, 106));
        subscription.nextPageAfter();

        assertThat(subscription.page(new LogPage.Entries(List.of(), at(107)), received(e1(91, 107))))
                .as("goes on at once")
                .isFalse();

        assertThat(lines(subscription)).isEmpty();
        assertThat(subscription.nextPageAfter()).isEqualTo(at(90));
    }

    @Test
    void pageOfANewPrimaryThatTheFeedHasNotHeardYetIsTaken() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(99).cursor()), 1_000_000, () -> {});
        subscription.nextPageAfter();
        List<LogEntry> page = entries(100, 100, "e2", "abc");

        subscription.page(new LogPage.Entries(page, page.get(0).position()), received(page));
        deliver(e2(101, 101));

        assertThat(lines(subscription)).containsExactly("open e1-99", "e2-100", "live", "e2-101");
    }

    /** An adapter that was interrupted by a failure tells the same entries again. */
    @Test
    void entriesThatAreToldAgainAreNotDeliveredAgain() {
        desk.onDemand = false;
        feed.started(at(3));
        HubSubscription subscription = feed.add(ACME, 1_000_000, () -> {});
        deliver(e1(4, 5));

        deliver(e1(4, 6));

        assertThat(lines(subscription)).containsExactly("open e1-3", "live", "e1-4", "e1-5", "e1-6");
    }

    @Test
    void deliveryThatFailsBeforeAnybodyGotItIsRepeatedForAll() {
        desk.onDemand = false;
        feed.started(at(3));
        HubSubscription subscription = feed.add(ACME, 1_000_000, () -> {});
        List<LogEntry> broken = new ArrayList<>(e1(4, 4));
        broken.add(null);

        assertThatThrownBy(() -> feed.deliver(broken, at(5))).isInstanceOf(NullPointerException.class);
        deliver(e1(4, 5));

        assertThat(lines(subscription)).containsExactly("open e1-3", "live", "e1-4", "e1-5");
    }

    /** An audience that fails whoever asks it: one subscriber's failure in the middle of the fan-out. */
    private static LogEntry struck(long offset, Error failure) {
        List<String> audience = new AbstractList<>() {
            @Override
            public String get(int index) {
                throw failure;
            }

            @Override
            public int size() {
                throw failure;
            }
        };
        Envelope envelope =
                new Envelope("n" + offset, "acme", "changed", "events", Instant.EPOCH, JsonPayload.EMPTY, audience);
        return new LogEntry(at(offset), envelope, 0);
    }

    @Test
    void subscriberThatFailsInTheFanOutIsReplayedFromWhereItWasAndTheOthersHearAll() {
        desk.onDemand = false;
        feed.started(at(3));
        HubSubscription other = feed.add(ACME, 1_000_000, () -> {});
        HubSubscription ann = feed.add(ACME.withUser("ann"), 1_000_000, () -> {});
        HubSubscription another = feed.add(ACME.withFilter(Filter.topics("events")), 1_000_000, () -> {});
        OutOfMemoryError failure = new OutOfMemoryError("seam");
        deliver(e1(4, 4));

        deliver(List.of(e1(5, 5).get(0), struck(6, failure), e1(7, 7).get(0)));
        feed.sweep();

        assertThat(lines(other)).containsExactly("open e1-3", "live", "e1-4", "e1-5", "e1-7");
        assertThat(lines(another)).containsExactly("open e1-3", "live", "e1-4", "e1-5", "e1-7");
        assertThat(desk.failures).containsExactly(failure);
        assertThat(desk.calls).containsExactly("replay");
        assertThat(ann.nextPageAfter()).isEqualTo(at(4));
        ann.page(new LogPage.Entries(List.of(), at(7)), received(e1(5, 7)));
        deliver(e1(8, 8));
        assertThat(lines(ann)).containsExactly("open e1-3", "live", "e1-4", "e1-5", "e1-6", "e1-7", "e1-8");
    }

    @Test
    void subscriberWhosePagesFailAgainAndAgainEndsSoThatItsClientComesBack() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(90).cursor()), 1_000_000, () -> {});

        boolean again = true;
        int tries = 0;
        while (again) {
            assertThat(subscription.nextPageAfter()).isEqualTo(at(90));
            again = subscription.pageFailed();
            tries++;
        }

        assertThat(tries).isEqualTo(5);
        assertThat(lines(subscription)).containsExactly("Ended[]");
    }

    @Test
    void replayThatNobodyWasAskedForIsFoundByTheSweep() {
        desk.onDemand = false;
        feed.started(at(100));
        HubSubscription subscription = feed.add(ACME.from(at(90).cursor()), 1_000_000, () -> {});
        desk.calls.clear();
        subscription.queued(true);
        feed.sweep();
        assertThat(desk.calls).isEmpty();

        subscription.queued(false);
        feed.sweep();

        assertThat(desk.calls).containsExactly("replay");
    }
}
