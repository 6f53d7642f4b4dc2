package dev.realtime.transport.internal;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.Published;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private static final Event EVENT = Event.of("acme", "changed");

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

    private Publication publish(String id) {
        return pubSub.publish(EVENT.withId(id));
    }

    private static List<Published> committed(Publication publication) {
        return publication.committed().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private static Throwable failure(Publication publication) {
        return publication
                .committed()
                .handle((published, failure) -> failure)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    private List<String> publishedIds() {
        return adapter.published().stream().flatMap(List::stream).toList();
    }

    @Test
    void answersEachEventWithItsPosition() {
        Publication publication = pubSub.publish(List.of(EVENT.withId("a"), EVENT.withId("b")));

        assertThat(committed(publication))
                .extracting(Published::id, answer -> answer.position().offset())
                .containsExactly(tuple("a", 1L), tuple("b", 2L));
        assertThat(publication.accepted()).isCompletedWithValue(Acceptance.COMMITTED);
        assertThat(publication.eventIds()).containsExactly("a", "b");
    }

    @Test
    void makesIdsThatSortByTime() {
        List<String> ids = Stream.generate(
                        () -> pubSub.publish(EVENT).eventIds().get(0))
                .limit(1_000)
                .toList();

        assertThat(ids).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void sameEventTwiceInOneArrayIsPublishedOnceAndAnsweredTwice() {
        Publication publication = pubSub.publish(List.of(EVENT.withId("a"), EVENT.withId("b"), EVENT.withId("a")));

        assertThat(committed(publication)).extracting(Published::id).containsExactly("a", "b", "a");
        assertThat(committed(publication))
                .extracting(answer -> answer.position().offset())
                .containsExactly(1L, 2L, 1L);
        assertThat(adapter.published()).containsExactly(List.of("a", "b"));
    }

    @Test
    void oneIdInTwoOrganisationsIsTwoEvents() {
        pubSub.publish(List.of(EVENT.withId("a"), Event.of("other", "changed").withId("a")));

        assertThat(adapter.published()).containsExactly(List.of("a", "a"));
    }

    @Test
    void twoBodiesUnderOneIdInOneArrayAreRefused() {
        List<Event> events = List.of(EVENT.withId("a"), EVENT.withId("a").withPayload("1"));

        assertThatThrownBy(() -> pubSub.publish(events))
                .isInstanceOfSatisfying(
                        EventConflictException.class,
                        conflict -> assertThat(conflict.eventId()).isEqualTo("a"));
        assertThat(adapter.published()).isEmpty();
    }

    @Test
    void conflictWithTheLogFailsThePublication() {
        adapter.append("acme", "a");
        Publication publication = pubSub.publish(EVENT.withId("a").withPayload("1"));

        assertThat(failure(publication)).isInstanceOf(EventConflictException.class);
        assertThat(publication.accepted()).isCompletedExceptionally();
    }

    @Test
    void emptyAndOversizeArraysAreRefused() {
        assertThatThrownBy(() -> pubSub.publish(List.of())).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> pubSub.publish(Collections.nCopies(1_001, EVENT)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("1001")
                .hasMessageContaining("1000");
        assertThat(committed(pubSub.publish(Collections.nCopies(1_000, EVENT)))).hasSize(1_000);
    }

    @Test
    void payloadsThatAreTooMuchTogetherAreRefusedWithBothSizes() {
        Event most = EVENT.withPayload(JsonPayload.of('"' + "x".repeat(Doors.MAX_PAYLOAD - 2) + '"'));
        List<Event> events = List.of(most, most, most, most, EVENT);

        assertThatThrownBy(() -> pubSub.publish(events))
                .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                    assertThat(refused.code()).isEqualTo("batch_too_large");
                    assertThat(refused).hasMessageContaining("67108866").hasMessageContaining("67108864");
                });
        assertThat(adapter.published()).isEmpty();
    }

    @Test
    void oversizePayloadIsRefusedWithBothSizes() {
        JsonPayload payload = JsonPayload.of('"' + "x".repeat(Doors.MAX_PAYLOAD - 1) + '"');

        assertThatThrownBy(() -> pubSub.publish(EVENT.withPayload(payload)))
                .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                    assertThat(refused.code()).isEqualTo("payload_too_large");
                    assertThat(refused).hasMessageContaining("16777217").hasMessageContaining("16777216");
                });
    }

    @Test
    void whatWaitsIsPublishedInOrder() {
        adapter.goDown();
        List<Publication> publications =
                IntStream.range(0, 2_500).mapToObj(i -> publish("n" + i)).toList();
        assertThat(pubSub.stats().queued()).isEqualTo(2_500);
        assertThat(adapter.published()).isEmpty();

        adapter.comeBack();

        publications.forEach(OutboxTest::committed);
        assertThat(publishedIds())
                .containsExactlyElementsOf(
                        IntStream.range(0, 2_500).mapToObj(i -> "n" + i).toList());
        assertThat(adapter.published())
                .hasSize(3)
                .allSatisfy(batch -> assertThat(batch).hasSizeLessThanOrEqualTo(1_000));
        assertThat(pubSub.stats().queued()).isZero();
        assertThat(pubSub.stats().published()).isEqualTo(2_500);
    }

    @Test
    void whatIsPublishedWhileTheQueueEmptiesGoesBehindIt() {
        adapter.goDown();
        publish("first");
        CompletableFuture<List<Position>> answer = new CompletableFuture<>();
        adapter.publishing(events -> answer);
        adapter.comeBack();
        Publication second = publish("second");
        assertThat(second.accepted()).isCompletedWithValue(Acceptance.QUEUED);
        adapter.publishing(adapter::append);
        answer.complete(List.of(new Position("e1", 1, "0")));

        committed(second);
        assertThat(publishedIds()).containsExactly("first", "second");
        Publication third = publish("third");
        assertThat(third.accepted()).isCompletedWithValue(Acceptance.COMMITTED);
    }

    @Test
    void aFullQueueRefusesAndTakesNothing() {
        adapter.goDown();
        List<Publication> accepted = IntStream.range(0, 10)
                .mapToObj(i -> pubSub.publish(Collections.nCopies(1_000, EVENT)))
                .toList();
        Listener listener = new Listener(pubSub, SubscribeRequest.of("acme"));
        Publication refused = publish("one-more");

        assertThat(failure(refused)).isInstanceOf(QueueFullException.class).hasMessageContaining("10000");
        assertThat(refused.accepted()).isCompletedExceptionally();
        listener.hears("open 0", "live");
        listener.hearsNothing();

        adapter.comeBack();
        accepted.forEach(OutboxTest::committed);
        assertThat(publish("now").accepted()).isCompletedWithValue(Acceptance.COMMITTED);
    }

    @Test
    void theQueueIsBoundedInBytesToo() {
        adapter.goDown();
        int eighth = (int) (QueueRoom.MAX_BYTES / 8);
        JsonPayload large = JsonPayload.of('"' + "x".repeat(eighth) + '"');
        List<Publication> publications = IntStream.range(0, 8)
                .mapToObj(i -> pubSub.publish(EVENT.withPayload(large)))
                .toList();

        assertThat(publications.subList(0, 7))
                .allSatisfy(publication -> assertThat(publication.accepted()).isCompletedWithValue(Acceptance.QUEUED));
        assertThat(failure(publications.get(7))).isInstanceOf(QueueFullException.class);
    }

    @Test
    void anArrayOfMoreThanTwoGigabytesIsRefusedAtTheDoor() {
        adapter.goDown();
        Event event = EVENT.withPayload(JsonPayload.of('"' + "x".repeat(Doors.MAX_PAYLOAD - 2) + '"'));

        assertThatThrownBy(() -> pubSub.publish(Collections.nCopies(200, event)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("3355443200");
    }

    @Test
    void conflictOfOneThatWaitsIsItsOwnAffair() {
        adapter.append("acme", "b");
        adapter.goDown();
        Publication a = publish("a");
        Publication b = pubSub.publish(EVENT.withId("b").withPayload("1"));
        Publication c = publish("c");

        adapter.comeBack();

        assertThat(committed(a)).hasSize(1);
        assertThat(failure(b)).isInstanceOf(EventConflictException.class);
        assertThat(committed(c)).hasSize(1);
        assertThat(a.committed().join().get(0).position().offset())
                .isLessThan(c.committed().join().get(0).position().offset());
        assertThat(pubSub.stats().queued()).isZero();
    }

    @Test
    void twoThatWaitUnderOneIdAreAnsweredApart() {
        adapter.goDown();
        Publication first = publish("a");
        Publication other = pubSub.publish(EVENT.withId("a").withPayload("1"));
        Publication again = publish("a");

        adapter.comeBack();

        assertThat(committed(first)).isEqualTo(committed(again));
        assertThat(failure(other)).isInstanceOf(EventConflictException.class);
    }

    @Test
    void unknownOutcomeIsQueuedWithoutACopyAndTriedAgain() {
        Listener listener = new Listener(pubSub, SubscribeRequest.of("acme"));
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> {
            CompletableFuture<List<Position>> committed = adapter.append(events);
            return attempts.incrementAndGet() == 1
                    ? CompletableFuture.failedFuture(new TransportUnavailableException("no answer", null))
                    : committed;
        });
        Publication publication = publish("a");

        assertThat(publication.accepted()).isCompletedWithValue(Acceptance.QUEUED);
        assertThat(committed(publication).get(0).position().offset()).isEqualTo(1);
        adapter.append("acme", "b");
        listener.hears("open 0", "live", "a@1", "b@2");
        assertThat(adapter.published()).containsExactly(List.of("a"), List.of("a"));
    }

    @Test
    void whatWasUnderwayTogetherKeepsItsOrderHoweverItFails() {
        List<CompletableFuture<List<Position>>> answers = new ArrayList<>();
        adapter.publishing(events -> {
            answers.add(new CompletableFuture<>());
            return answers.get(answers.size() - 1);
        });
        Publication first = publish("first");
        Publication second = publish("second");
        TransportUnavailableException cancelled = new TransportUnavailableException("no answer", null);
        answers.get(0).completeExceptionally(cancelled);
        adapter.publishing(adapter::append);
        Publication third = publish("third");
        answers.get(1).completeExceptionally(cancelled);

        List.of(first, second, third).forEach(OutboxTest::committed);
        assertThat(publishedIds().subList(2, publishedIds().size())).containsExactly("first", "second", "third");
    }

    @Test
    void whatWaitsGoesOutWhenTheLastThatWasUnderwayIsAnswered() {
        List<CompletableFuture<List<Position>>> answers = new ArrayList<>();
        adapter.publishing(events -> {
            answers.add(new CompletableFuture<>());
            return answers.get(answers.size() - 1);
        });
        publish("first");
        publish("second");
        adapter.goDown();
        adapter.publishing(adapter::append);
        Publication third = publish("third");
        adapter.comeBack();
        answers.get(0).completeExceptionally(new IllegalStateException("an adapter's bug"));
        assertThat(publishedIds()).containsExactly("first", "second");

        answers.get(1).complete(List.of(new Position("e1", 1, "0")));

        assertThat(third.committed()).isCompleted();
        assertThat(publishedIds()).containsExactly("first", "second", "third");
    }

    @Test
    void flushThatFailsIsTriedAgain() {
        adapter.goDown();
        Publication publication = publish("a");
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> attempts.incrementAndGet() < 3
                ? CompletableFuture.failedFuture(new TransportUnavailableException("no answer", null))
                : adapter.append(events));

        adapter.comeBack();

        committed(publication);
        assertThat(attempts).hasValue(3);
    }

    @Test
    void adapterThatThrowsFailsThePublicationNotTheQueue() {
        adapter.goDown();
        Publication first = publish("a");
        Publication second = publish("b");
        adapter.publishing(events -> {
            if (events.get(0).id().equals("a")) {
                throw new IllegalStateException("an adapter's bug");
            }
            return adapter.append(events);
        });

        adapter.comeBack();

        assertThat(failure(first)).isInstanceOf(IllegalStateException.class);
        committed(second);
        assertThat(failure(publish("a"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void adapterThatAnswersTooFewPositionsFailsThePublication() {
        adapter.publishing(events -> completedFuture(List.of()));

        assertThat(failure(publish("a"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatStillWaitsAtTheEndFails() {
        adapter.goDown();
        Publication waiting = publish("a");
        adapter.goLive();
        CompletableFuture<List<Position>> never = new CompletableFuture<>();
        adapter.publishing(events -> never);
        Publication underway = publish("b");
        adapter.goDown();
        Publication behind = publish("c");

        pubSub.close();

        committed(waiting);
        assertThat(failure(behind)).isInstanceOf(TransportUnavailableException.class);
        assertThat(failure(publish("d"))).isInstanceOf(TransportUnavailableException.class);
        never.completeExceptionally(new TransportUnavailableException("closed", null));
        assertThat(failure(underway)).isInstanceOf(TransportUnavailableException.class);
    }

    @Test
    void nothingIsPublishedBeforeItsCopiesAreOut() {
        List<Integer> publishedAtSignal = new ArrayList<>();
        adapter.goDown();
        Subscription subscription = pubSub.subscribe(SubscribeRequest.of("acme"), () -> {
            adapter.reachable(true);
            adapter.sink().status(new TransportStatus(State.LIVE, null, Instant.EPOCH));
            publishedAtSignal.add(adapter.published().size());
        });
        while (subscription.poll() != null) {
            // empty, so that the copy signals
        }
        adapter.goDown();
        publishedAtSignal.clear();

        committed(publish("a"));

        assertThat(publishedAtSignal).startsWith(0);
    }
}
