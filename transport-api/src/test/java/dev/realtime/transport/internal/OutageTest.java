package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Big;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OutageTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final ScriptedAdapter adapter = ScriptedAdapter.withOneLog();
    private final PubSub pubSub = Doors.on(adapter);

    @AfterEach
    void close() {
        pubSub.close();
    }

    private static String cursor(long offset, String id) {
        return new Position("e1", offset, Position.checkOf(id)).cursor();
    }

    private Publication publish(String id) {
        return pubSub.publish(Event.of("acme", "changed").withId(id));
    }

    @Test
    void subscriberIsLetInThoughTheTransportWasNeverReached() {
        Listener waiting = new Listener(pubSub, ACME);
        adapter.goDown();
        Listener late = new Listener(pubSub, ACME);
        waiting.hears("open -");
        late.hears("open -");
        assertThat(late.subscription().mark()).isFalse();
        adapter.append("acme", "before");

        adapter.goLive();
        adapter.append("acme", "a");

        waiting.hears("gap epoch_changed after null floor - head 1", "live", "a@2");
        late.hears("gap epoch_changed after null floor - head 1", "live", "a@2");
    }

    @Test
    void whatIsPublishedBehindAQueueThatIsCatchingUpIsHeardFromTheLogOnly() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.goDown();
        publish("queued");
        CompletableFuture<Void> held = new CompletableFuture<>();
        adapter.publishing(events -> held.thenCompose(go -> adapter.append(events)));
        adapter.comeBack();

        Publication behind = publish("behind");
        held.complete(null);

        assertThat(behind.committed()).succeedsWithin(Duration.ofSeconds(10));
        listener.hears("open 0", "live", "queued provisional", "reached 1", "behind@2");
    }

    @Test
    void malformedCursorWaitsBlindForItsGap() {
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME.from("nonsense"));
        listener.hears("open -");

        adapter.goLive();

        listener.hears("gap malformed after nonsense floor - head 0", "live");
    }

    @Test
    void cursorIsResumedOnceATransportThatWasNeverReachedIsThere() {
        adapter.append("acme", "a", "b");
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME.from(cursor(1, "a")));
        listener.hears("open 1 resumed");

        adapter.goLive();

        listener.hears("b@2", "live");
    }

    @Test
    void foreignCursorIsAGapOnceATransportThatWasNeverReachedIsThere() {
        adapter.append("acme", "a");
        adapter.goDown();
        String foreign = new Position("e0", 7, "123456").cursor();
        Listener listener = new Listener(pubSub, ACME.from(foreign));
        listener.hears("open e0:7 resumed");

        adapter.goLive();

        listener.hears("gap epoch_changed after " + foreign + " floor 0 head 1", "live");
    }

    @Test
    void resumeWhileDownOpensAtTheCursorAndReplaysWhenItIsBack() {
        adapter.goLive();
        adapter.append("acme", "a", "b");
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME.from(cursor(1, "a")));
        listener.hears("open 1 resumed");

        adapter.comeBack();

        listener.hears("b@2", "live");
    }

    @Test
    void malformedCursorWhileDownIsAGapFirst() {
        adapter.goLive();
        adapter.append("acme", "a", "b");
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME.from("nonsense"));
        listener.hears("gap malformed after nonsense floor - head 2", "open 2");
        adapter.lagging(true);
        adapter.append("acme", "c");

        adapter.comeBack();

        listener.hears("c@3", "live");
    }

    @Test
    void freshSubscriberWhileDownHearsAllThatComesAfterIt() {
        adapter.goLive();
        adapter.append("acme", "a");
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME);
        adapter.lagging(true);
        adapter.append("acme", "b");

        adapter.comeBack();

        listener.hears("open 1", "live", "b@2");
    }

    @Test
    void whatIsPublishedWhileDownIsHeardAtOnceAndNotAgain() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.goDown();
        Publication publication = publish("a");
        listener.hears("open 0", "live", "a provisional");
        assertThat(publication.accepted()).isCompletedWithValue(Publication.Acceptance.QUEUED);
        assertThat(publication.committed()).isNotDone();

        adapter.comeBack();
        adapter.append("acme", "b");

        listener.hears("reached 1", "b@2");
        assertThat(publication.committed().join()).singleElement().satisfies(answer -> {
            assertThat(answer.id()).isEqualTo("a");
            assertThat(answer.position().offset()).isEqualTo(1);
        });
    }

    @Test
    void whoJoinedAfterAProvisionalCopyHearsTheEvent() {
        adapter.goLive();
        adapter.goDown();
        publish("a");
        Listener listener = new Listener(pubSub, ACME);
        publish("b");

        adapter.comeBack();

        listener.hears("open 0", "live", "b provisional", "a@1", "reached 2");
    }

    @Test
    void whoWasNotYetOpenWhenTheCopyWentOutHearsTheEvent() {
        Listener listener = new Listener(pubSub, ACME);
        publish("a");
        listener.hearsNothing();

        adapter.goLive();

        listener.hears("open 0", "live", "a@1");
    }

    @Test
    void whoReplaysHearsNothingTwiceThatItSawProvisionally() {
        adapter.goLive();
        adapter.append("acme", "a", "b");
        adapter.goDown();
        Listener listener = new Listener(pubSub, ACME.from(cursor(1, "a")));
        listener.hears("open 1 resumed");
        publish("c");
        listener.hears("c provisional");

        adapter.comeBack();

        // The replay may meet c or not; either way it comes as a mark.
        assertThat(listener.next(3)).containsExactlyInAnyOrder("b@2", "reached 3", "live");
    }

    @Test
    void copiesKeepToFilterAudienceAndOrganisation() {
        adapter.goLive();
        Listener topic = new Listener(pubSub, ACME.withFilter(Filter.topics("custom:x")));
        Listener bob = new Listener(pubSub, ACME.withUser("bob"));
        Listener other = new Listener(pubSub, SubscribeRequest.of("other"));
        adapter.goDown();
        pubSub.publish(Event.of("acme", "changed").withId("x").withTopic("custom:x"));
        pubSub.publish(Event.of("acme", "changed").withId("ann").withAudience(Set.of("ann")));
        pubSub.publish(Event.of("acme", "changed").withId("bob").withAudience(Set.of("bob")));

        topic.hears("open 0", "live", "x provisional");
        topic.hearsNothing();
        bob.hears("open 0", "live", "x provisional", "bob provisional");
        bob.hearsNothing();
        other.hears("open 0", "live");
        other.hearsNothing();
    }

    @Test
    void sameEventAgainWhileDownIsHeardOnce() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.goDown();
        publish("a");
        Publication again = publish("a");

        adapter.comeBack();
        adapter.append("acme", "b");

        listener.hears("open 0", "live", "a provisional", "reached 1", "b@2");
        assertThat(again.committed().join().get(0).position().offset()).isEqualTo(1);
    }

    @Test
    void anotherInstancesEventUnderTheIdOfACopyIsHeard() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.goDown();
        Publication mine =
                pubSub.publish(Event.of("acme", "changed").withId("a").withPayload("1"));
        adapter.lagging(true);
        adapter.append("acme", "a");
        adapter.comeBack();

        listener.hears("open 0", "live", "a provisional", "a@1");
        assertThat(mine.committed()).isCompletedExceptionally();
    }

    @Test
    void slowSubscriberHearsFromTheLogTheCopiesItHadNoRoomFor() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        listener.hears("open 0", "live");
        adapter.goDown();
        IntStream.rangeClosed(1, 6)
                .forEach(i -> pubSub.publish(
                        Event.of("acme", "changed").withId("big" + i).withPayload(Big.PAYLOAD)));
        listener.hears("big1 provisional", "big2 provisional", "big3 provisional");
        listener.hearsNothing();

        adapter.comeBack();

        listener.hears("reached 1", "reached 2", "reached 3");
        assertThat(listener.next(3)).containsExactly("big4@4", "big5@5", "big6@6");
        assertThat(pubSub.stats().gaps()).isZero();
    }

    @Test
    void copiesThatWaitSurviveAnOverflowOfLiveEvents() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.goDown();
        publish("a");
        adapter.lagging(true);
        adapter.comeBack();
        for (int i = 2; i <= 6; i++) {
            adapter.append(List.of(Big.envelope("big" + i))).join();
            adapter.deliver();
        }

        assertThat(listener.next(4))
                .startsWith("open 0", "live", "a provisional")
                .element(3)
                .asString()
                .startsWith("gap overflow");
    }

    @Test
    void newLogDuringTheOutageIsAGapForThoseWhoStayed() {
        adapter.goLive();
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        adapter.goDown();
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        adapter.comeBack();
        adapter.append("acme", "x");

        listener.hears(
                "open 0",
                "live",
                "a@1",
                "gap epoch_changed after " + cursor(1, "a") + " floor e2:0 head e2:0",
                "x@e2:1");
    }

    @Test
    void degradedTransportStillFlows() {
        adapter.goLive();
        adapter.tell(State.DEGRADED);
        Listener listener = new Listener(pubSub, ACME);
        publish("a");
        adapter.settle();

        listener.hears("open 0", "live", "a@1");
    }

    @Test
    void payloadsOfCopiesAreThoseOfTheEvents() {
        adapter.goLive();
        var subscription = pubSub.subscribe(ACME, () -> {});
        subscription.poll();
        subscription.poll();
        adapter.goDown();
        pubSub.publish(Event.of("acme", "changed").withPayload("[1]"));

        assertThat(subscription.poll())
                .isInstanceOfSatisfying(
                        Delivery.Received.class,
                        received -> assertThat(received.envelope().payload()).isEqualTo(JsonPayload.of("[1]")));
    }
}
