package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Gate;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GapTest {
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

    private static String cursor(String epoch, long offset, String id) {
        return new Position(epoch, offset, Position.checkOf(id)).cursor();
    }

    @Test
    void newLogWhileLiveIsAGapThenItsEvents() {
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a", "b");
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.lagging(true);
        adapter.append("acme", "lost");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        adapter.lagging(false);
        adapter.append("acme", "x");

        listener.hears(
                "open 0",
                "live",
                "a@1",
                "b@2",
                "gap epoch_changed after " + cursor("e1", 2, "b") + " floor e2:0 head e2:1",
                "x@e2:2");
    }

    @Test
    void quietSubscriberIsToldFromWhereTheLogWasHeard() {
        Listener quiet = new Listener(pubSub, SubscribeRequest.of("quiet"));
        adapter.append("acme", "a", "b");
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);

        quiet.hears("open 0", "live", "gap epoch_changed after " + cursor("e1", 2, "b") + " floor e2:0 head e2:0");
        quiet.subscription().mark();
        quiet.hears("reached e2:0");
    }

    @Test
    void newLogBetweenPagesIsAGapAmidTheReplay() {
        adapter.append("acme", "a", "b", "c", "d");
        adapter.maxPage(2);
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = new Listener(pubSub, ACME.from(cursor("e1", 1, "a")));
        gate.awaitPage();
        adapter.reading(page -> page);
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.lagging(true);
        adapter.append("acme", "x");
        gate.open();

        // The page was whole when it was read; the one after it finds another log.
        listener.hears(
                "open 1 resumed",
                "b@2",
                "c@3",
                "gap epoch_changed after " + cursor("e1", 3, "c") + " floor e2:0 head e2:1");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        adapter.lagging(false);
        listener.hears("live");
        adapter.append("acme", "y");
        listener.hears("y@e2:2");
    }

    @Test
    void eventsTheInstanceMissedGoOnFromTheFloor() {
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        adapter.lagging(true);
        adapter.append("acme", "b", "c");
        adapter.tellGap(LogId.SHARED, GapReason.AHEAD);
        adapter.lagging(false);
        adapter.append("acme", "d");

        listener.hears("open 0", "live", "a@1", "gap ahead after " + cursor("e1", 1, "a") + " floor 0 head 3", "d@4");
    }

    @Test
    void subscriberThatReplaysOverAGapOfTheLiveStreamMissesNothing() {
        adapter.append("acme", "a", "b");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener listener = new Listener(pubSub, ACME.from(cursor("e1", 1, "a")));
        gate.awaitPage();
        adapter.lagging(true);
        adapter.append("acme", "c", "d");
        adapter.tellGap(LogId.SHARED, GapReason.OVERFLOW);
        gate.open();

        listener.hears("open 1 resumed", "b@2", "c@3", "d@4", "live");
    }

    @Test
    void logThatStartsAgainIsReadWhereItWasNotHeard() {
        Listener live = new Listener(pubSub, ACME);
        adapter.append("acme", "a");
        adapter.lagging(true);
        adapter.append("acme", "b", "c");
        adapter.tellStarted(LogId.SHARED);
        adapter.lagging(false);

        live.hears("open 0", "live", "a@1", "b@2", "c@3");
        adapter.append("acme", "d");
        live.hears("d@4");
    }

    @Test
    void aGapThatAllAreToldAtOnceSpreadsWhatTheyFetchThenAndOneThatIsToldAloneDoesNot() {
        List<Subscription> streams = Stream.generate(() -> pubSub.subscribe(ACME, () -> {}))
                .limit(40)
                .toList();
        adapter.append("acme", "a");
        adapter.replaceLog(LogId.SHARED, "e2");
        adapter.tellGap(LogId.SHARED, GapReason.EPOCH_CHANGED);
        Subscription resuming = pubSub.subscribe(ACME.from(cursor("e1", 0, "x")), () -> {});

        List<Long> waits = streams.stream().map(GapTest::refetchAfter).toList();

        assertThat(waits).allMatch(millis -> millis >= 1 && millis <= 1_000);
        assertThat(waits.stream().distinct()).hasSizeGreaterThan(20);
        assertThat(refetchAfter(resuming)).isZero();
    }

    private static long refetchAfter(Subscription stream) {
        AtomicReference<Gap> gap = new AtomicReference<>();
        Awaitility.await().untilAsserted(() -> {
            for (Delivery next = stream.poll(); next != null && gap.get() == null; next = stream.poll()) {
                gap.set(next instanceof Gap found ? found : null);
            }
            assertThat(gap.get()).isNotNull();
        });
        return gap.get().refetchAfterMillis();
    }
}
