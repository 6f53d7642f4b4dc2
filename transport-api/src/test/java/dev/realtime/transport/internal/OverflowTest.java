package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.equipment.Big;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverflowTest {
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

    /** Delivered one by one. */
    private void big(int from, int to) {
        for (int i = from; i <= to; i++) {
            adapter.append(List.of(Big.envelope("big" + i)));
            adapter.settle();
        }
    }

    private static String cursor(long offset) {
        return new Position("e1", offset, Position.checkOf("big" + offset)).cursor();
    }

    @Test
    void subscriberThatStandsStillIsToldOneGapAndGoesOn() {
        String begin = adapter.head(LogId.SHARED).cursor();
        Listener slow = new Listener(pubSub, ACME);
        Listener quick = new Listener(pubSub, ACME);
        quick.hears("open 0", "live");
        big(1, 2);
        quick.hears("big1@1", "big2@2");
        big(3, 5);
        quick.hears("big3@3", "big4@4", "big5@5");
        big(6, 8);
        quick.hears("big6@6", "big7@7", "big8@8");
        big(9, 9);
        adapter.append("acme", "small");

        slow.hears("open 0", "live", "gap overflow after " + begin + " floor - head 8", "big9@9", "small@10");
    }

    @Test
    void overflowBeforeTheFirstPollBeginsWhereTheStreamOpened() {
        big(1, 1);
        Listener slow = new Listener(pubSub, ACME);
        big(2, 6);

        slow.hears("open 1", "live", "gap overflow after " + cursor(1) + " floor - head 5", "big6@6");
    }

    @Test
    void aConsumerThatIsAtWorkCatchesUpFromTheLogInsteadOfAGap() {
        Listener slow = new Listener(pubSub, ACME);
        slow.hears("open 0", "live");
        big(1, 12);

        assertThat(slow.next(3)).containsExactly("big1@1", "big2@2", "big3@3");
        big(13, 16);
        IntStream.rangeClosed(4, 16).forEach(i -> assertThat(slow.next(1)).containsExactly("big" + i + "@" + i));
        big(17, 17);
        slow.hears("big17@17");
        assertThat(pubSub.stats().gaps()).isZero();
    }

    @Test
    void aConsumerThatIsAtWorkMissesNothingWhereOnlyOthersEventsWereTrimmed() {
        Listener slow = new Listener(pubSub, ACME);
        slow.hears("open 0", "live");
        big(1, 1);
        slow.hears("big1@1");
        adapter.append("other", "o2", "o3", "o4", "o5");
        adapter.append(List.of(Big.envelope("big6"), Big.envelope("big7"), Big.envelope("big8"), Big.envelope("big9")));
        adapter.settle();
        adapter.append("other", "o10", "o11", "o12");
        adapter.trim(LogId.SHARED, 11);
        big(13, 13);

        assertThat(slow.next(5)).containsExactly("big6@6", "big7@7", "big8@8", "big9@9", "big13@13");
        assertThat(pubSub.stats().gaps()).isZero();
    }

    @Test
    void gapIsResumable() {
        Listener slow = new Listener(pubSub, ACME);
        big(1, 6);
        slow.next(3);

        new Listener(pubSub, ACME.from(adapter.position(LogId.SHARED, 4).cursor()))
                .hears("open 4 resumed", "big5@5", "big6@6", "live");
    }

    @Test
    void replayTooLongForTheMailboxIsNoOverflow() {
        String begin = adapter.head(LogId.SHARED).cursor();
        big(1, 12);
        adapter.maxPage(2);
        Listener listener = new Listener(pubSub, ACME.from(begin));
        listener.hears("open 0 resumed", "big1@1");
        big(13, 16);
        IntStream.rangeClosed(2, 16).forEach(i -> {
            String line = listener.next(1).get(0);
            assertThat(line).isEqualTo("big" + i + "@" + i);
        });

        listener.hears("live");
        assertThat(pubSub.stats().gaps()).isZero();
    }

    @Test
    void liveEventsBehindAPageThatFillsTheMailboxAreNoOverflow() {
        String begin = adapter.head(LogId.SHARED).cursor();
        big(1, 6);
        Listener listener = new Listener(pubSub, ACME.from(begin));
        Awaitility.await().until(() -> pubSub.stats().mailboxBytes() > 1L << 20);
        big(7, 7);

        listener.hears("open 0 resumed");
        assertThat(listener.next(7))
                .containsExactly("big1@1", "big2@2", "big3@3", "big4@4", "big5@5", "big6@6", "big7@7");
        listener.hears("live");
    }

    @Test
    void memoryOfASubscriberThatNeverReadsIsBounded() {
        new Listener(pubSub, ACME);
        big(1, 50);

        assertThat(pubSub.stats().mailboxBytes()).isLessThan(2L << 20);
        assertThat(pubSub.stats().gaps()).isPositive();
    }
}
