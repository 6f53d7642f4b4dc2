package dev.realtime.transport.internal.hub;

import static dev.realtime.transport.internal.hub.Samples.WEIGHT;
import static dev.realtime.transport.internal.hub.Samples.at;
import static dev.realtime.transport.internal.hub.Samples.copy;
import static dev.realtime.transport.internal.hub.Samples.event;
import static dev.realtime.transport.internal.hub.Samples.events;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Live;
import dev.realtime.transport.Delivery.Opened;
import dev.realtime.transport.Delivery.Reached;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.internal.hub.Mailbox.Offer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MailboxTest {
    private final AtomicInteger signals = new AtomicInteger();
    private final AtomicInteger rooms = new AtomicInteger();
    private final Mailbox mailbox = new Mailbox(4L * WEIGHT, signals::incrementAndGet, rooms::incrementAndGet);

    private List<Delivery> all() {
        List<Delivery> all = new ArrayList<>();
        for (Delivery next = mailbox.poll(); next != null; next = mailbox.poll()) {
            all.add(next);
        }
        return all;
    }

    private void opened(long at) {
        mailbox.put(List.of(new Opened(at(at), false)));
        assertThat(all()).hasSize(1);
        signals.set(0);
    }

    private static Gap overflow(long after, long head) {
        return new Gap(GapReason.OVERFLOW, at(after).cursor(), null, at(head));
    }

    private void offer(long... offsets) {
        offerTo(mailbox, events(offsets), at(offsets[offsets.length - 1]));
    }

    /** As to a consumer that stands still, even if it has moved before. */
    private static Offer offerTo(Mailbox mailbox, List<Received> events, Position head) {
        Offer offer = mailbox.offer(events, head);
        return offer == Offer.LAGGING ? mailbox.offer(events, head) : offer;
    }

    @Test
    void aConsumerThatMovesIsLeftWhatItHasAndMayCatchUp() {
        opened(0);
        offer(1, 2, 3, 4);
        mailbox.poll();

        assertThat(mailbox.offer(events(5, 6), at(6))).isEqualTo(Offer.LAGGING);
        assertThat(mailbox.bytes()).isEqualTo(3L * WEIGHT);
        assertThat(mailbox.offer(events(5, 6), at(6))).isEqualTo(Offer.OVERFLOWED);
        assertThat(all()).containsExactly(overflow(1, 6));
    }

    @Test
    void handsOutInOrder() {
        opened(0);
        mailbox.put(events(1, 2));
        assertThat(mailbox.offer(events(3), at(3))).isEqualTo(Offer.TAKEN);

        assertThat(all())
                .extracting(Object::toString)
                .containsExactly(event(1).toString(), event(2).toString(), event(3).toString());
    }

    @Test
    void signalsOnlyWhenDeliveriesBeginToWait() {
        opened(0);
        offer(1);
        offer(2);
        mailbox.put(List.of(new Live()));
        assertThat(signals).hasValue(1);
        mailbox.poll();
        offer(3);
        assertThat(signals).hasValue(1);
        assertThat(all()).hasSize(3);
        offer(4);

        assertThat(signals).hasValue(2);
    }

    @Test
    void emptyPutsAreSilent() {
        mailbox.put(List.of());
        mailbox.offer(List.of(), at(1));

        assertThat(signals).hasValue(0);
        assertThat(mailbox.poll()).isNull();
    }

    @Test
    void overflowDoesNotSignalAgain() {
        opened(0);
        offer(1, 2, 3, 4);
        offer(5);

        assertThat(signals).hasValue(1);
        assertThat(all()).containsExactly(overflow(0, 5));
    }

    @Test
    void fitsToTheByte() {
        opened(0);
        offer(1, 2, 3);

        assertThat(mailbox.offer(events(4), at(4))).isEqualTo(Offer.TAKEN);
        assertThat(mailbox.bytes()).isEqualTo(4L * WEIGHT);
        assertThat(offerTo(mailbox, events(5), at(5))).isEqualTo(Offer.OVERFLOWED);
        assertThat(mailbox.bytes()).isEqualTo(overflow(0, 5).weight());
    }

    @Test
    void whatIsLargerThanTheMailboxFitsAnEmptyOne() {
        opened(0);

        assertThat(mailbox.offer(events(1, 2, 3, 4, 5, 6), at(6))).isEqualTo(Offer.TAKEN);
        assertThat(all()).hasSize(6);
        assertThat(mailbox.bytes()).isZero();
    }

    @Test
    void overflowsMergeFromWhatWasHandedOutLast() {
        opened(0);
        offer(1, 2, 3, 4);
        mailbox.poll();
        offer(5, 6);
        offer(7, 8, 9);
        offer(10, 11);

        assertThat(all()).containsExactly(overflow(1, 11));
    }

    @Test
    void eventsFollowAnOverflow() {
        opened(0);
        offer(1, 2, 3, 4);
        offer(5);
        offer(6);

        assertThat(all()).map(Object::toString).containsExactly(overflow(0, 5).toString(), event(6).toString());
    }

    @Test
    void overflowAfterAGapThatWasHandedOutBeginsBehindIt() {
        opened(0);
        mailbox.put(List.of(new Gap(GapReason.EPOCH_CHANGED, "x", at(2), at(7))));
        all();
        offer(8, 9, 10, 11);
        offer(12);
        assertThat(all()).containsExactly(overflow(7, 12));

        mailbox.put(List.of(new Gap(GapReason.TRIMMED, "x", at(20), at(30))));
        all();
        offer(21, 22, 23, 24);
        offer(25);
        assertThat(all()).containsExactly(overflow(20, 25));
    }

    @Test
    void overflowBeforeAnythingWasHandedOutKeepsTheOpening() {
        Gap first = new Gap(GapReason.MALFORMED, "x", at(0), at(3));
        Opened opening = new Opened(at(3), false);
        mailbox.put(List.of(first, opening, new Live()));
        offer(4, 5, 6);
        offer(7, 8, 9);

        assertThat(all()).containsExactly(first, opening, new Live(), overflow(3, 9));
    }

    @Test
    void overflowOfAStreamThatOpenedBlindBeginsBehindItsFirstGap() {
        Gap first = new Gap(GapReason.EPOCH_CHANGED, null, null, at(3));
        mailbox.put(List.of(new Opened(null, false), first, new Live()));
        offer(4, 5, 6);
        offer(7, 8);

        assertThat(all()).containsExactly(new Opened(null, false), first, new Live(), overflow(3, 8));
    }

    @Test
    void overflowTakesMarksAlong() {
        opened(0);
        mailbox.put(List.of(new Reached(at(1))));
        offer(2, 3, 4);
        offer(5, 6);

        assertThat(all()).containsExactly(overflow(0, 6));
    }

    @Test
    void copiesThatDoNotFitChangeNothing() {
        opened(0);
        offer(1, 2, 3);
        assertThat(mailbox.offerCopies(List.of(copy("a")))).isTrue();
        assertThat(mailbox.offerCopies(List.of(copy("b")))).isFalse();

        assertThat(all()).hasSize(4).noneMatch(delivery -> delivery instanceof Gap);
    }

    @Test
    void overflowLeavesCopies() {
        opened(0);
        Delivery.Received copy = copy("a");
        mailbox.offerCopies(List.of(copy));
        offer(1, 2, 3);
        offer(4);

        assertThat(all()).containsExactly(copy, overflow(0, 4));
    }

    @Test
    void roomIsCalledOncePerRefusal() {
        opened(0);
        mailbox.put(events(1, 2, 3, 4));
        assertThat(mailbox.hasRoom()).isFalse();
        assertThat(mailbox.hasRoom()).isFalse();
        mailbox.poll();
        assertThat(rooms).hasValue(0);
        mailbox.poll();
        assertThat(rooms).as("half is free").hasValue(1);
        all();
        assertThat(rooms).hasValue(1);
        assertThat(mailbox.hasRoom()).isTrue();

        mailbox.put(events(5, 6, 7));
        assertThat(mailbox.hasRoom()).isFalse();
        all();
        assertThat(rooms).hasValue(2);
    }

    @Test
    void roomIsNotCalledForWhoWasNotRefused() {
        opened(0);
        assertThat(mailbox.hasRoom()).isTrue();
        mailbox.put(events(1, 2, 3, 4));
        all();

        assertThat(rooms).hasValue(0);
    }

    @Test
    void overflowDoesNotSwallowTheCallForRoom() {
        opened(0);
        offer(1, 2, 3, 4);
        assertThat(mailbox.hasRoom()).isFalse();
        offer(5);
        all();

        assertThat(rooms).hasValue(1);
    }

    @Test
    void aClosedMailboxIsEmptyAndTakesNothing() {
        opened(0);
        offer(1);
        mailbox.close();
        offer(2);
        mailbox.put(List.of(new Live()));
        mailbox.offerCopies(List.of(copy("a")));

        assertThat(mailbox.poll()).isNull();
        assertThat(mailbox.bytes()).isZero();
        assertThat(signals).hasValue(1);
    }

    @Test
    void aCallbackThatThrowsIsNoAffairOfWhoPutsSomethingIn() {
        Mailbox faulty = new Mailbox(
                WEIGHT,
                () -> {
                    throw new AssertionError("a subscriber's bug");
                },
                () -> {
                    throw new IllegalStateException("another");
                });
        faulty.put(events(1));
        faulty.hasRoom();

        assertThat(faulty.poll()).isInstanceOf(Delivery.Received.class);
    }

    @Test
    void everySignalFindsItsReaderAwake() throws InterruptedException {
        // The reader sleeps only after a poll that gave nothing: a signal lost between the two would hang it.
        int count = 20_000;
        Semaphore wake = new Semaphore(0);
        Mailbox shared = new Mailbox(Long.MAX_VALUE, wake::release, () -> {});
        Thread writer = new Thread(
                () -> IntStream.rangeClosed(1, count).forEach(i -> offerTo(shared, events(i), at(i))), "writer");
        writer.start();
        int read = 0;
        while (read < count) {
            Delivery next = shared.poll();
            if (next == null) {
                assertThat(wake.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            } else {
                read++;
                assertThat(next).hasToString(event(read).toString());
            }
        }
        writer.join();
    }

    private static Received ping(long offset, String topic, String payload, String... users) {
        List<String> audience = users.length == 0 ? null : List.of(users);
        return new Received(
                new Envelope(
                        "n" + offset,
                        "acme",
                        "orders.updated",
                        topic,
                        Instant.EPOCH,
                        JsonPayload.of(payload.getBytes(StandardCharsets.UTF_8)),
                        audience),
                at(offset),
                0);
    }

    private static Received ping(long offset, int row) {
        return ping(offset, "resource:orders", "{\"action\":\"update\",\"id\":\"" + row + "\"}");
    }

    private static List<Long> offsetsOf(List<Delivery> deliveries) {
        return deliveries.stream()
                .map(delivery -> ((Received) delivery).position().offset())
                .toList();
    }

    @Test
    void pingsThatALaterOneSaysAgainMakeRoomWithoutAGap() {
        int weight = ping(1, 7).weight();
        Mailbox pings = new Mailbox(8L * weight, signals::incrementAndGet, rooms::incrementAndGet);
        for (long offset = 1; offset <= 8; offset++) {
            assertThat(pings.offer(List.of(ping(offset, (int) offset % 2)), at(offset)))
                    .isEqualTo(Offer.TAKEN);
        }

        assertThat(pings.offer(List.of(ping(9, 1), ping(10, 3)), at(10))).isEqualTo(Offer.TAKEN);

        assertThat(pings.takeConflated()).isEqualTo(7);
        assertThat(pings.takeConflated()).isZero();
        assertThat(pings.bytes()).isEqualTo(3L * weight);
        List<Delivery> left = List.of(pings.poll(), pings.poll(), pings.poll());
        assertThat(offsetsOf(left)).containsExactly(8L, 9L, 10L);
        assertThat(pings.bytes()).isZero();
        assertThat(signals).hasValue(1);
    }

    @Test
    void pingsThatSayDifferentThingsStayAndTheMailboxIsFull() {
        int weight = ping(1, 7).weight();
        Mailbox pings = new Mailbox(4L * weight, signals::incrementAndGet, rooms::incrementAndGet);
        for (long offset = 1; offset <= 4; offset++) {
            pings.offer(List.of(ping(offset, (int) offset)), at(offset));
        }

        assertThat(pings.offer(List.of(ping(5, 5)), at(5))).isEqualTo(Offer.OVERFLOWED);
        assertThat(pings.takeConflated()).isZero();
    }

    @Test
    void onlyPingsOfTheSameTopicRowAndAudienceSayTheSame() {
        String row = "{\"action\":\"update\",\"id\":\"1\"}";
        List<Delivery> different = List.of(
                ping(1, "resource:orders", row),
                ping(2, "resource:bills", row),
                ping(3, "resource:orders", row, "alice"),
                ping(4, "resource:orders", "{\"action\":\"update\",\"id\":1}"),
                ping(5, "resource:orders", "{\"action\":\"update\",\"id\":[\"1\"]}"),
                ping(6, "resource:orders", "{\"action\":\"update\",\"id\":\"1\",\"more\":1}"),
                ping(7, "resource:orders", "{\"action\":\"update\",\"id\":\"1\",\"more\":1}"),
                ping(8, "resource:orders", "{\"action\":\"update\",\"count\":2}"),
                ping(9, "resource:orders", "{\"action\":\"update\",\"count\":2}"),
                ping(10, "custom:orders", row),
                ping(11, "custom:orders", row),
                ping(12, "resource:orders", "[1]"),
                ping(13, "resource:orders", "[1]"),
                ping(14, "resource:orders", "{\"id\":\"1\"}"),
                ping(15, "resource:orders", "{\"id\":\"1\"}"));
        assertThat(Ping.conflated(different)).isEqualTo(different);

        Received again = ping(16, "resource:orders", " {\"id\": \"1\", \"action\": \"update\"}");
        assertThat(Ping.conflated(List.of(different.get(0), different.get(1), again)))
                .containsExactly(different.get(1), again);
    }

    /** Fetching the row again tells what it is now, but not that it was paid before it was looked at. */
    @Test
    void pingsOfOneRowThatSayDifferentThingsStay() {
        List<Delivery> different = List.of(
                named(1, "orders.paid", "update"),
                named(2, "orders.viewed", "update"),
                named(3, "orders.viewed", "delete"),
                named(4, "orders.viewed", "create"));

        assertThat(Ping.conflated(different)).isEqualTo(different);

        Received viewedAgain = named(5, "orders.viewed", "update");
        List<Delivery> all = new ArrayList<>(different);
        all.add(viewedAgain);
        assertThat(offsetsOf(Ping.conflated(all))).containsExactly(1L, 3L, 4L, 5L);
    }

    @Test
    void pingIsRecognisedOnceForAllMailboxes() {
        Received ping = named(1, "orders.viewed", "update");

        assertThat(Ping.of(ping)).isNotNull().isSameAs(Ping.of(ping));
    }

    private static Received named(long offset, String event, String action) {
        JsonPayload payload =
                JsonPayload.of(("{\"action\":\"" + action + "\",\"id\":\"1\"}").getBytes(StandardCharsets.UTF_8));
        return new Received(
                new Envelope("n" + offset, "acme", event, "resource:orders", Instant.EPOCH, payload, null),
                at(offset),
                0);
    }

    @Test
    void provisionalCopiesAreNotConflated() {
        Received copy = new Received(ping(1, 1).envelope(), null, 0);
        assertThat(Ping.conflated(List.of(copy, ping(2, 1)))).hasSize(2);
    }
}
