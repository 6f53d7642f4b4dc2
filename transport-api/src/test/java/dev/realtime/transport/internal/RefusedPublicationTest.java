package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Publication.Acceptance;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.Published;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.runtime.Troubles;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What becomes of publications, and of those beside them, when the backend says no or nothing at all. */
class RefusedPublicationTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String CLOBBERED = "acme's log cannot be written: something else is under its name";

    private final ScriptedAdapter adapter = new ScriptedAdapter(false);
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private PubSub pubSub = Doors.on(adapter);

    @BeforeEach
    void start() {
        said.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        said.start();
        logger().addAppender(said);
        adapter.goLive();
    }

    @AfterEach
    void close() {
        pubSub.close();
        logger().detachAppender(said);
    }

    @Test
    void aRefusalIsToldToItsPublisherAndTheOthersOfItsBatchGoOn() {
        adapter.goDown();
        Publication a = publish("acme", "a");
        Publication b = publish("acme", "b");
        Publication c = publish("acme", "c");
        adapter.publishing(
                events -> events.stream().anyMatch(event -> event.id().equals("b"))
                        ? failed(new PublicationRefusedException("larger than the server takes", false, null))
                        : adapter.append(events));

        adapter.comeBack();

        assertThat(a.committed()).succeedsWithin(LONG);
        assertThat(c.committed()).succeedsWithin(LONG);
        assertFails(b, PublicationRefusedException.class, "larger than the server takes");
        assertFails(publish("acme", "b"), PublicationRefusedException.class, "larger than the server takes");
        assertThat(pubSub.status().state()).as("the others are well").isEqualTo(State.LIVE);
    }

    @Test
    void aLogThatIsNotWrittenHoldsUpNoOther() {
        adapter.goDown();
        Publication stuck = publish("acme", "stuck");
        Publication other = publish("globex", "other");
        Publication both = pubSub.publish(List.of(
                Event.of("acme", "changed").withId("both-1"),
                Event.of("initech", "changed").withId("both-2")));
        AtomicBoolean mended = new AtomicBoolean();
        adapter.publishing(events -> !mended.get() && isOf("acme", events)
                ? failed(new TransportUnavailableException("no answer", null))
                : adapter.append(events));

        adapter.comeBack();

        assertThat(other.committed()).succeedsWithin(LONG);
        assertThat(publish("globex", "later").accepted()).isCompletedWithValue(Acceptance.COMMITTED);
        assertThat(stuck.committed()).isNotDone();
        assertThat(both.committed()).isNotDone();
        mended.set(true);
        assertThat(stuck.committed()).succeedsWithin(LONG);
        assertThat(both.committed())
                .succeedsWithin(LONG)
                .satisfies(published ->
                        assertThat(published).extracting(Published::id).containsExactly("both-1", "both-2"));
        assertThat(adapter.head(adapter.logOf("acme")).offset()).isEqualTo(2);
    }

    @Test
    void aPublicationOverSeveralLogsFailsAsSoonAsOneOfThemRefuses() {
        adapter.publishing(events -> isOf("acme", events)
                ? failed(new PublicationRefusedException(CLOBBERED, true, null))
                : new CompletableFuture<>());

        Publication both = pubSub.publish(List.of(
                Event.of("globex", "changed").withId("1"),
                Event.of("acme", "changed").withId("2")));

        assertFails(both, PublicationRefusedException.class, CLOBBERED);
        assertThat(both.accepted()).isCompletedExceptionally();
    }

    @Test
    void aLogThatRefusesIsSeenUntilItTakesAPublicationAgain() {
        adapter.publishing(events -> isOf("acme", events)
                ? failed(new PublicationRefusedException(CLOBBERED, true, null))
                : adapter.append(events));
        for (int i = 0; i < 5; i++) {
            assertFails(publish("acme", "a"), PublicationRefusedException.class, CLOBBERED);
            assertThat(publish("globex", "b" + i).committed()).succeedsWithin(LONG);
        }

        assertThat(pubSub.status().state()).isEqualTo(State.DEGRADED);
        assertThat(pubSub.status().cause()).isEqualTo("publishing: " + CLOBBERED);
        assertThat(pubSub.troubles()).singleElement().satisfies(trouble -> {
            assertThat(trouble.part()).isEqualTo("publishing");
            assertThat(trouble.cause()).isEqualTo(CLOBBERED);
            assertThat(trouble.blocking()).isFalse();
        });
        assertThat(lines()).containsExactly("WARN publishing: " + CLOBBERED);
        adapter.publishing(adapter::append);
        assertThat(publish("acme", "a").committed()).succeedsWithin(LONG);

        assertThat(pubSub.status().state()).isEqualTo(State.LIVE);
        assertThat(pubSub.status().cause()).isNull();
        assertThat(lines()).hasSize(2).last().asString().startsWith("INFO publishing");
    }

    @Test
    void whereNoWriteIsPossibleLocalSubscribersGetCopiesAndItHealsByItself() {
        Listener listener = new Listener(pubSub, SubscribeRequest.of("acme"));
        adapter.onLoop(() -> adapter.startedNow(adapter.logOf("acme")));
        listener.hears("open 0", "live");
        AtomicBoolean full = new AtomicBoolean(true);
        adapter.publishing(events ->
                full.get() ? failed(new WritesRefusedException("the server is full", null)) : adapter.append(events));

        Publication first = publish("acme", "first");
        Publication second = publish("acme", "second");
        Publication elsewhere = publish("globex", "elsewhere");

        listener.hears("first provisional", "second provisional");
        assertThat(Stream.of(first, second, elsewhere))
                .allSatisfy(each -> assertThat(each.accepted()).isCompletedWithValue(Acceptance.QUEUED));
        assertThat(pubSub.status().state()).isEqualTo(State.DEGRADED);
        assertThat(pubSub.status().cause()).isEqualTo("publishing: the server is full (and 1 more organisations)");
        full.set(false);

        assertThat(Stream.of(first, second, elsewhere))
                .allSatisfy(each -> assertThat(each.committed()).succeedsWithin(LONG));
        listener.hears("reached 1", "reached 2");
        await().atMost(LONG).until(() -> pubSub.status().state() == State.LIVE);
        assertThat(lines()).first().isEqualTo("WARN publishing: the server is full");
        assertThat(lines()).hasSize(2);
    }

    @Test
    void whatWaitedWithoutACopyGetsOneWhenNoWriteIsPossible() {
        Listener listener = new Listener(pubSub, SubscribeRequest.of("acme"));
        adapter.onLoop(() -> adapter.startedNow(adapter.logOf("acme")));
        CompletableFuture<List<Position>> held = new CompletableFuture<>();
        adapter.publishing(events -> held);
        Publication inDoubt = publish("acme", "in-doubt");
        Queue<String> refused = new ConcurrentLinkedQueue<>();
        adapter.publishing(events -> {
            events.forEach(event -> refused.add(event.id()));
            return failed(new WritesRefusedException("the server is full", null));
        });
        held.completeExceptionally(new TransportUnavailableException("no answer", null));
        await().atMost(LONG).until(() -> refused.contains("in-doubt"));
        Publication unsent = publish("acme", "unsent");
        await().atMost(LONG).until(() -> refused.contains("unsent"));

        listener.hears("open 0", "live");
        adapter.publishing(adapter::append);

        assertThat(inDoubt.committed()).succeedsWithin(LONG);
        assertThat(unsent.committed()).succeedsWithin(LONG);
        // Of the first an earlier attempt may be in the log: no copy.
        assertThat(listener.next(3)).contains("in-doubt@1").doesNotContain("in-doubt provisional");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whateverAnAdapterThrowsIsAnAnswerAndTheNextOnesGoOut(boolean queued) {
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> {
            if (attempts.getAndIncrement() == 0) {
                throw new StackOverflowError("as it were");
            }
            return adapter.append(events);
        });
        if (queued) {
            adapter.goDown();
        }
        Publication struck = publish("acme", "struck");
        Publication next = publish("acme", "next");
        if (queued) {
            adapter.comeBack();
        }

        if (queued) { // two that fail together are asked for one by one
            assertThat(struck.committed()).succeedsWithin(LONG);
        } else {
            assertFails(struck, StackOverflowError.class, "as it were");
        }
        assertThat(next.committed()).succeedsWithin(LONG);
        assertThat(publish("acme", "last").committed()).succeedsWithin(LONG);
        assertThat(pubSub.stats().queued()).isZero();
    }

    @Test
    void whatIsInDoubtForLongerThanTheWindowIsNotSentAgain() {
        pubSub.close();
        ScriptedAdapter slow = new ScriptedAdapter(false);
        pubSub = Doors.on(slow, Duration.ZERO, Duration.ofMillis(800));
        slow.goLive();
        AtomicInteger attempts = new AtomicInteger();
        slow.publishing(events -> {
            attempts.incrementAndGet();
            return failed(new TransportUnavailableException("no answer", null));
        });

        Publication inDoubt = pubSub.publish(Event.of("acme", "changed").withId("a"));
        assertThat(inDoubt.accepted()).isCompletedWithValue(Acceptance.QUEUED);
        assertFails(inDoubt, PublicationInDoubtException.class, "replay window");
        int sent = attempts.get();
        slow.publishing(slow::append);

        assertThat(pubSub.publish(Event.of("acme", "changed").withId("b")).committed())
                .succeedsWithin(LONG);
        assertThat(slow.published().subList(sent, slow.published().size())).containsExactly(List.of("b"));
    }

    @Test
    void theAgeOfTheFirstAttemptGoesWithEachOne() {
        AtomicInteger attempts = new AtomicInteger();
        adapter.publishing(events -> attempts.incrementAndGet() < 3
                ? failed(new TransportUnavailableException("no answer", null))
                : adapter.append(events));

        assertThat(publish("acme", "a").committed()).succeedsWithin(LONG);

        assertThat(adapter.ages()).hasSize(3).first().isEqualTo(Duration.ZERO);
        assertThat(adapter.ages()).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void thoseThatHadNoAnswerTogetherGoInSmallerBatches() {
        adapter.goDown();
        List<Publication> all = Stream.iterate(0, i -> i + 1)
                .limit(100)
                .map(i -> publish("acme", "n" + i))
                .toList();
        adapter.publishing(events -> events.size() > 3
                ? failed(new TransportUnavailableException("no answer", null))
                : adapter.append(events));

        adapter.comeBack();

        all.forEach(each -> assertThat(each.committed()).succeedsWithin(LONG));
        assertThat(adapter.head(adapter.logOf("acme")).offset()).isEqualTo(100);
        assertThat(adapter.published().get(0)).hasSize(100);
    }

    private Publication publish(String orgId, String id) {
        return pubSub.publish(Event.of(orgId, "changed").withId(id));
    }

    private static boolean isOf(String orgId, List<Envelope> events) {
        return events.get(0).orgId().equals(orgId);
    }

    private static CompletableFuture<List<Position>> failed(RuntimeException failure) {
        return CompletableFuture.failedFuture(failure);
    }

    private static void assertFails(Publication publication, Class<? extends Throwable> type, String text) {
        assertThat(publication.committed())
                .failsWithin(LONG)
                .withThrowableThat()
                .withCauseInstanceOf(type)
                .withMessageContaining(text);
    }

    private List<String> lines() {
        return said.list.stream()
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(Troubles.class);
    }
}
