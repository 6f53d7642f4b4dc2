package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Big;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Gate;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.LogPage;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTest {
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

    private Listener resume(String cursor) {
        return new Listener(pubSub, ACME.from(cursor));
    }

    private String cursor(long offset) {
        return adapter.position(LogId.SHARED, offset).cursor();
    }

    @Test
    void replaysWhatWasMissedThenGoesLive() {
        adapter.append("acme", "a", "b", "c");
        Listener listener = resume(cursor(1));

        listener.hears("open 1 resumed", "b@2", "c@3", "live");
        adapter.append("acme", "d");
        listener.hears("d@4");
    }

    @Test
    void theLogIsReadOnceAPageHoweverManyComeBack() {
        adapter.append("acme", "a", "b", "c", "d", "e");
        adapter.maxPage(2);
        List<Listener> listeners =
                IntStream.range(0, 200).mapToObj(i -> resume(cursor(i % 2))).toList();

        for (int i = 0; i < listeners.size(); i++) {
            Listener listener = listeners.get(i);
            if (i % 2 == 0) {
                listener.hears("open 0 resumed", "a@1", "b@2", "c@3", "d@4", "e@5", "live");
            } else {
                listener.hears("open 1 resumed", "b@2", "c@3", "d@4", "e@5", "live");
            }
        }
        // Two ways through the log at most, until one that began inside a page meets the other's pages; 3 pages each.
        assertThat(adapter.reads()).isLessThanOrEqualTo(8);
    }

    @Test
    void opensAtTheHeadWhenNothingWasMissed() {
        adapter.append("acme", "a");

        resume(cursor(1)).hears("open 1 resumed", "live");
    }

    @Test
    void replaysAnyNumberOfPages() {
        adapter.append("acme", "a", "b", "c", "d", "e");
        adapter.maxPage(2);

        resume(cursor(0)).hears("open 0 resumed", "a@1", "b@2", "c@3", "d@4", "e@5", "live");
    }

    @Test
    void holdsWhatComesLiveDuringTheReplay() {
        adapter.append("acme", "a", "b");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = resume(cursor(0));
        gate.awaitPage();
        adapter.append("acme", "c", "d");
        gate.open();

        listener.hears("open 0 resumed", "a@1", "b@2", "c@3", "d@4", "live");
    }

    @Test
    void deliversOnceWhatIsBothInThePageAndLive() {
        adapter.append("acme", "a");
        adapter.lagging(true);
        adapter.append("acme", "b", "c");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = resume(cursor(0));
        gate.awaitPage();
        adapter.deliver();
        gate.open();

        listener.hears("open 0 resumed", "a@1", "b@2", "c@3", "live");
        adapter.lagging(false);
        adapter.append("acme", "d");
        listener.hears("d@4");
    }

    @Test
    void cursorAheadOfALaggingInstanceIsResumed() {
        adapter.lagging(true);
        adapter.append("acme", "a", "b", "c");
        Listener listener = resume(cursor(2));
        listener.hears("open 2 resumed", "c@3", "live");

        adapter.deliver();
        adapter.lagging(false);
        adapter.append("acme", "d");

        listener.hears("d@4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "", "e1-1", "e1-x-abc", "17", "e1-1-zz", "e1--1-abc"})
    void malformedCursorIsAGapThenLiveFromTheHead(String cursor) {
        adapter.append("acme", "a", "b");
        Listener listener = resume(cursor);

        listener.hears("gap malformed after " + cursor + " floor 0 head 2", "open 2", "live");
        adapter.append("acme", "c");
        listener.hears("c@3");
    }

    @Test
    void malformedCursorOnALaggingInstanceSkipsWhatTheGapCovers() {
        adapter.lagging(true);
        adapter.append("acme", "a", "b");
        Listener listener = resume("nonsense");
        listener.hears("gap malformed after nonsense floor 0 head 2", "open 2", "live");

        adapter.lagging(false);
        adapter.append("acme", "c");

        listener.hears("c@3");
    }

    @Test
    void cursorOfAnotherLogIsAGapThenLiveFromTheHead() {
        adapter.append("acme", "a", "b");
        String foreign = new Position("e0", 1, "123456").cursor();
        Listener listener = resume(foreign);

        listener.hears("gap epoch_changed after " + foreign + " floor 0 head 2", "open 2", "live");
        adapter.append("acme", "c");
        listener.hears("c@3");
    }

    @Test
    void cursorAheadOfTheLogIsAGapThenLiveFromTheHead() {
        adapter.append("acme", "a", "b");
        String ahead = new Position("e1", 9, "123456").cursor();
        Listener listener = resume(ahead);

        listener.hears("gap ahead after " + ahead + " floor 0 head 2", "open 2", "live");
        adapter.append("acme", "c");
        listener.hears("c@3");
    }

    @Test
    void trimmedCursorIsAGapThenAllThatIsStillHeld() {
        adapter.append("acme", "a", "b", "c", "d");
        String trimmed = cursor(1);
        adapter.trim(LogId.SHARED, 2);
        Listener listener = resume(trimmed);

        listener.hears("gap trimmed after " + trimmed + " floor 2 head 4", "open 2", "c@3", "d@4", "live");
        adapter.append("acme", "e");
        listener.hears("e@5");
    }

    @Test
    void logTrimmedAmidAReplayIsAGapInTheMiddle() {
        adapter.append("acme", "a", "b", "c", "d");
        adapter.maxPage(1);
        AtomicInteger pages = new AtomicInteger();
        adapter.reading(page -> {
            if (pages.incrementAndGet() == 1) {
                adapter.trim(LogId.SHARED, 3);
            }
            return page;
        });
        String begin = cursor(0);
        String first = cursor(1);

        resume(begin).hears("open 0 resumed", "a@1", "gap trimmed after " + first + " floor 3 head 4", "d@4", "live");
    }

    @Test
    void longReplayWaitsForItsReader() {
        adapter.maxPage(1);
        for (int i = 1; i <= 20; i++) {
            adapter.append(List.of(Big.envelope("big" + i))).join();
        }
        adapter.settle();
        Listener listener = resume(cursor(0));
        listener.hears("open 0 resumed", "big1@1");

        assertThat(pubSub.stats().mailboxBytes()).isLessThan(2L << 20);
        for (int i = 2; i <= 20; i++) {
            listener.hears("big" + i + "@" + i);
        }
        listener.hears("live");
        assertThat(pubSub.stats().gaps()).isZero();
    }

    @Test
    void liveEventsThatOutgrowTheReplaysBufferAreReadFromTheLog() {
        adapter.append("acme", "a");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = resume(cursor(0));
        gate.awaitPage();
        for (int i = 2; i <= 6; i++) {
            adapter.append(List.of(Big.envelope("big" + i))).join();
        }
        adapter.settle();
        gate.open();

        listener.hears("open 0 resumed", "a@1", "big2@2", "big3@3", "big4@4", "big5@5", "big6@6", "live");
    }

    @Test
    void closingAmidAReplayEndsTheReading() {
        adapter.maxPage(1);
        adapter.append("zeta", "x", "y", "z");
        adapter.append("acme", "a", "b", "c", "d", "e");
        Gate gate = new Gate();
        Gate held = new Gate();
        AtomicInteger pages = new AtomicInteger();
        adapter.reading(page -> {
            int number = pages.incrementAndGet();
            return number == 1 ? gate.apply(page) : number <= 4 ? held.apply(page) : page;
        });
        Listener listener = resume(cursor(3));
        gate.awaitPage();
        // Three more, each at a place of its own, hold the other replay threads, so that one thread alone takes turns
        // with the next two.
        for (int i = 0; i < 3; i++) {
            new Listener(pubSub, SubscribeRequest.of("zeta").from(cursor(i)));
        }
        Awaitility.await().until(() -> pages.get() == 4);
        Listener other = resume(cursor(6));
        listener.subscription().close();
        gate.open();
        other.hears("open 6 resumed", "d@7", "e@8", "live");

        listener.hearsNothing();
        assertThat(pages).hasValue(6);
        held.open();
    }

    @Test
    void readThatFailsUnexpectedlyIsTriedAgain() {
        adapter.append("acme", "a");
        AtomicInteger reads = new AtomicInteger();
        adapter.reading(page -> {
            if (reads.incrementAndGet() == 1) {
                throw new IllegalStateException("an adapter's bug");
            }
            return page;
        });

        resume(cursor(0)).hears("open 0 resumed", "a@1", "live");
    }

    @Test
    void pageThatLeadsNowhereIsNotAskedForWithoutPause() {
        adapter.append("acme", "a", "b");
        Position before = adapter.position(LogId.SHARED, 0);
        AtomicInteger reads = new AtomicInteger();
        adapter.reading(page -> {
            return reads.incrementAndGet() <= 3 ? new LogPage.Entries(List.of(), before) : page;
        });
        long began = System.nanoTime();

        resume(before.cursor()).hears("open 0 resumed", "a@1", "b@2", "live");

        assertThat(System.nanoTime() - began).isGreaterThan(3 * 100_000_000L);
    }

    @Test
    void readThatTimesOutWhileTheTransportFlowsIsTriedAgain() {
        adapter.append("acme", "a");
        adapter.reachable(false);
        Listener listener = resume(cursor(0));
        listener.hears("open 0 resumed");

        adapter.reachable(true);

        listener.hears("a@1", "live");
    }

    @Test
    void pageReadBeforeTheLogWasReplacedIsNotTrusted() {
        adapter.append("acme", "a", "b", "c");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = resume(cursor(1));
        gate.awaitPage();
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.append("acme", "x");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        gate.open();
        String requested = new Position("e1", 1, Position.checkOf("a")).cursor();

        listener.hears("gap epoch_changed after " + requested + " floor e2:0 head e2:1", "open e2:1", "live");
        adapter.append("acme", "y");
        listener.hears("y@e2:2");
    }

    @Test
    void replayThatSeesTheNewLogFirstJoinsItsLiveStream() {
        adapter.append("acme", "a", "b", "c");
        String old = cursor(1);
        adapter.lagging(true);
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.append("acme", "x");
        Listener listener = resume(old);
        listener.hears("gap epoch_changed after " + old + " floor e2:0 head e2:1", "open e2:1");
        int reads = adapter.reads();

        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        listener.hears("live");
        adapter.lagging(false);
        adapter.append("acme", "y");

        listener.hears("y@e2:2");
        assertThat(adapter.reads() - reads).isLessThan(10);
    }

    @Test
    void resumedSubscribersAreCountedOnce() {
        adapter.append("acme", "a", "b");
        resume(cursor(0)).hears("open 0 resumed", "a@1", "b@2", "live");

        Awaitility.await()
                .untilAsserted(() -> assertThat(pubSub.stats().delivered()).isEqualTo(2));
    }

    @ParameterizedTest
    @MethodSource("dev.realtime.transport.runtime.SupervisorTest#unchecked")
    void readThatFailsOnceWhateverItThrowsIsTriedAgain(Throwable failure) {
        adapter.append("acme", "a", "b");
        AtomicInteger reads = new AtomicInteger();
        adapter.reading(page -> {
            if (reads.getAndIncrement() == 0) {
                throw ResumeTest.<RuntimeException>sneak(failure);
            }
            return page;
        });

        resume(cursor(1)).hears("open 1 resumed", "b@2", "live");
    }

    @ParameterizedTest
    @MethodSource("dev.realtime.transport.runtime.SupervisorTest#unchecked")
    void readThatAlwaysFailsEndsTheSubscriptionAndNobodyElses(Throwable failure) {
        adapter.append("acme", "a", "b");
        Listener live = new Listener(pubSub, ACME);
        live.hears("open 2", "live");
        adapter.reading(page -> {
            throw ResumeTest.<RuntimeException>sneak(failure);
        });

        resume(cursor(1)).hears("ended");
        adapter.append("acme", "c");
        live.hears("c@3");
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneak(Throwable failure) throws T {
        throw (T) failure;
    }
}
