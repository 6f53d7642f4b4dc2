package dev.realtime.transport.internal.hub;

import static dev.realtime.transport.internal.hub.Samples.at;
import static dev.realtime.transport.internal.hub.Samples.copy;
import static dev.realtime.transport.internal.hub.Samples.events;
import static dev.realtime.transport.internal.hub.Samples.offsets;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.internal.hub.Handover.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandoverTest {
    private static final long LIMIT = 3L * Samples.WEIGHT;

    @Test
    void liveFromTheBeginningReleasesEverything() {
        Handover handover = Handover.live(at(5), LIMIT);

        assertThat(offsets(handover.live(events(6, 8), at(9)))).containsExactly(6L, 8L);
        assertThat(handover.reached()).isEqualTo(at(9));
        assertThat(handover.phase()).isEqualTo(Phase.LIVE);
        assertThat(handover.meetsLive()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"4, 0", "5, 0", "6, 1", "7, 1"})
    void liveDropsWhatIsNotAfterWhereItHasGot(long offset, int released) {
        Handover handover = Handover.live(at(5), LIMIT);

        assertThat(handover.live(events(offset), at(offset))).hasSize(released);
        assertThat(handover.reached().offset()).isEqualTo(Math.max(5, offset));
    }

    @Test
    void liveDropsTheHeadOfABatchOnly() {
        Handover handover = Handover.live(at(5), LIMIT);

        assertThat(offsets(handover.live(events(4, 5, 6, 7), at(7)))).containsExactly(6L, 7L);
    }

    @Test
    void replayReleasesPagesAndHoldsLiveEvents() {
        Handover handover = Handover.replaying(at(1), at(4), LIMIT);

        assertThat(handover.live(events(5), at(5))).isEmpty();
        assertThat(offsets(handover.page(events(2, 3), at(3)))).containsExactly(2L, 3L);
        assertThat(handover.meetsLive()).isFalse();
        assertThat(handover.live(events(6), at(6))).isEmpty();
        assertThat(offsets(handover.page(events(4), at(4)))).containsExactly(4L);
        assertThat(handover.meetsLive()).isTrue();
        assertThat(offsets(handover.goLive())).containsExactly(5L, 6L);
        assertThat(handover.reached()).isEqualTo(at(6));
        assertThat(offsets(handover.live(events(7), at(7)))).containsExactly(7L);
    }

    @Test
    void pageThatReadsBeyondTheLiveStreamSwallowsWhatItHolds() {
        Handover handover = Handover.replaying(at(1), at(2), LIMIT);
        handover.live(events(3, 4, 5), at(5));

        assertThat(offsets(handover.page(events(2, 3, 4), at(4)))).containsExactly(2L, 3L, 4L);
        assertThat(offsets(handover.goLive())).containsExactly(5L);
    }

    @Test
    void pageBeyondEverythingHeldReleasesNothingTwice() {
        Handover handover = Handover.replaying(at(1), at(2), LIMIT);
        handover.live(events(3), at(3));
        handover.page(events(2, 3, 4), at(6));

        assertThat(handover.goLive()).isEmpty();
        assertThat(handover.reached()).isEqualTo(at(6));
        assertThat(handover.live(events(4), at(4))).isEmpty();
        assertThat(handover.reached()).isEqualTo(at(6));
        assertThat(offsets(handover.live(events(5, 6, 7), at(7)))).containsExactly(7L);
    }

    @Test
    void cursorAheadOfTheLiveStreamMeetsItAtOnce() {
        Handover handover = Handover.replaying(at(9), at(5), LIMIT);
        handover.live(events(6, 7), at(7));

        assertThat(handover.meetsLive()).isTrue();
        assertThat(handover.goLive()).isEmpty();
        assertThat(offsets(handover.live(events(8, 9, 10), at(10)))).containsExactly(10L);
    }

    @Test
    void goingLiveTooEarlyIsRefused() {
        Handover replaying = Handover.replaying(at(1), at(4), LIMIT);
        Handover live = Handover.live(at(1), LIMIT);

        assertThatThrownBy(replaying::goLive).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(live::goLive).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void bufferThatRunsFullIsReadFromTheLog() {
        Handover handover = Handover.replaying(at(1), at(2), LIMIT);
        handover.live(events(3, 4, 5), at(5));
        handover.live(events(6), at(7));
        handover.page(events(2), at(2));
        assertThat(handover.meetsLive()).as("the live stream is at 7 now").isFalse();

        handover.live(events(8), at(8));
        assertThat(offsets(handover.page(events(3, 4, 5, 6), at(7)))).containsExactly(3L, 4L, 5L, 6L);
        assertThat(offsets(handover.goLive())).containsExactly(8L);
    }

    @Test
    void bufferOfExactlyTheLimitIsKept() {
        Handover handover = Handover.replaying(at(1), at(1), LIMIT);
        handover.live(events(2, 3, 4), at(4));

        assertThat(handover.meetsLive()).isTrue();
        assertThat(offsets(handover.goLive())).containsExactly(2L, 3L, 4L);
    }

    @Test
    void holeInTheLogGoesOnBehindIt() {
        Handover handover = Handover.replaying(at(1), at(20), LIMIT);
        handover.skipTo(at(10));
        assertThat(handover.meetsLive()).isFalse();

        assertThat(offsets(handover.page(events(10, 11, 12), at(20)))).containsExactly(11L, 12L);
        assertThat(handover.meetsLive()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"2", "30"})
    void liveStreamThatJumpsIsFollowed(long to) {
        Handover handover = Handover.live(at(9), LIMIT);
        handover.liveJumped(at(to));

        assertThat(handover.reached()).isEqualTo(at(to));
        assertThat(offsets(handover.live(events(to, to + 1), at(to + 1)))).containsExactly(to + 1);
    }

    @Test
    void liveStreamThatJumpsDuringTheReplayMovesTheTargetAndEmptiesTheBuffer() {
        Handover handover = Handover.replaying(at(1), at(4), LIMIT);
        handover.live(events(5), at(5));
        handover.liveJumped(at(8));

        assertThat(handover.reached()).isEqualTo(at(1));
        handover.page(events(2, 3, 4, 5), at(5));
        assertThat(handover.meetsLive()).isFalse();
        handover.live(events(9), at(9));
        assertThat(offsets(handover.page(events(6, 7, 8), at(8)))).containsExactly(6L, 7L, 8L);
        assertThat(offsets(handover.goLive())).containsExactly(9L);
    }

    @Test
    void whatWasHeldOfAnotherLogIsNotReleased() {
        Handover handover = Handover.replaying(at(1), at(4), LIMIT);
        handover.live(events(5, 6), at(6));
        handover.liveJumped(at(2));
        handover.skipTo(at(2));

        assertThat(handover.goLive()).isEmpty();
        assertThat(offsets(handover.live(events(3), at(3)))).containsExactly(3L);
    }

    @Test
    void liveStreamThatWasLeftIsJoinedAgainThroughTheLog() {
        Handover handover = Handover.live(at(1), LIMIT);
        handover.rejoin(at(3), at(6));
        assertThat(handover.phase()).isEqualTo(Phase.REPLAYING);
        assertThat(handover.reached()).isEqualTo(at(3));

        handover.live(events(7), at(7));
        assertThat(offsets(handover.page(events(4, 5, 6), at(6)))).containsExactly(4L, 5L, 6L);
        assertThat(offsets(handover.goLive())).containsExactly(7L);
    }

    @Test
    void liveStreamThatIsJoinedAgainDuringTheReplayKeepsItsPlace() {
        Handover handover = Handover.replaying(at(1), at(3), LIMIT);
        handover.rejoin(at(3), at(6));

        assertThat(handover.reached()).isEqualTo(at(1));
        handover.page(events(2, 3), at(3));
        assertThat(handover.meetsLive()).isFalse();
    }

    @Test
    void copiesHaveNoPlaceInTheOrder() {
        Handover handover = Handover.live(at(1), LIMIT);

        assertThatThrownBy(() -> handover.live(List.of(copy("x")), at(2))).isInstanceOf(IllegalArgumentException.class);
    }

    /**
     * A log of matching and other offsets, an instance that follows it late, a subscriber that comes with a cursor
     * anywhere in it, pages of any size, buffers that overflow, trims, jumps and new joins. Model: every matching event
     * after the cursor once, in order, but for the ranges that were skipped.
     */
    @Test
    void everyEventComesOnceAndInOrderWhateverTheSchedule() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random seeds = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            new Schedule(seeds.nextLong()).run();
        }
    }

    private static final class Schedule {
        private final long seed;
        private final Random random;
        private final List<Long> matching = new ArrayList<>();
        private final List<Long> released = new ArrayList<>();
        private final List<Long> expected = new ArrayList<>();
        private final List<String> steps = new ArrayList<>();
        private final Handover handover;
        private long head;
        private long floor;
        private long feed;
        private long modelReached;

        private Schedule(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            append(random.nextInt(30));
            feed = head == 0 ? 0 : random.nextLong(head + 1);
            long cursor = random.nextBoolean() ? feed : random.nextLong(head + 1);
            modelReached = cursor;
            int kind = random.nextInt(4);
            handover = kind == 0
                    ? Handover.live(at(feed), LIMIT)
                    : Handover.replaying(at(cursor), at(feed), random.nextInt(6) * (long) Samples.WEIGHT);
            modelReached = kind == 0 ? feed : cursor;
            steps.add("cursor " + modelReached + " feed " + feed + " head " + head);
        }

        private void append(int count) {
            for (int i = 0; i < count; i++) {
                head++;
                if (random.nextInt(3) > 0) {
                    matching.add(head);
                }
            }
        }

        private void run() {
            int length = random.nextInt(60);
            for (int i = 0; i < length; i++) {
                step();
            }
            // At last everything is delivered and read.
            deliver(head);
            while (handover.phase() == Phase.REPLAYING) {
                read(1 + random.nextInt(10));
            }
            deliver(head);
            expect(head);
            assertThat(released).as("seed %d: %s", seed, steps).isEqualTo(expected);
        }

        private void step() {
            switch (random.nextInt(10)) {
                case 0, 1 -> append(random.nextInt(10));
                case 2, 3, 4 -> deliver(feed + random.nextLong(head - feed + 1));
                case 5, 6, 7 -> read(1 + random.nextInt(10));
                case 8 -> trimOrRejoin();
                default -> jump();
            }
        }

        private void deliver(long to) {
            List<Received> batch = range(feed, to);
            feed = to;
            steps.add("live " + offsets(batch) + " to " + to);
            // As the feed does: nothing to say, nothing said.
            if (!batch.isEmpty()) {
                release(handover.live(batch, at(to)));
            }
        }

        private void read(int size) {
            if (handover.phase() == Phase.LIVE) {
                return;
            }
            long after = handover.reached().offset();
            if (after < floor) {
                steps.add("gap to " + floor);
                expect(after);
                handover.skipTo(at(floor));
                modelReached = floor;
            } else {
                List<Received> all = range(after, head);
                List<Received> page = all.subList(0, Math.min(size, all.size()));
                long through = page.size() == all.size()
                        ? head
                        : page.get(page.size() - 1).position().offset();
                steps.add("page " + offsets(page) + " to " + through);
                release(handover.page(page, at(through)));
            }
            if (handover.meetsLive() && random.nextInt(4) > 0) {
                steps.add("goLive");
                release(handover.goLive());
            }
        }

        private void trimOrRejoin() {
            if (random.nextBoolean()) {
                floor += head == floor ? 0 : random.nextLong(head - floor + 1);
                steps.add("trim " + floor);
            } else if (floor <= feed) {
                steps.add("rejoin at " + head);
                handover.rejoin(at(feed), at(head));
                feed = head;
            }
        }

        /** The instance lost what lies between: a live subscriber is told so, one who replays reads it from the log. */
        private void jump() {
            long to = feed + random.nextLong(head - feed + 1);
            steps.add("jump to " + to);
            if (handover.phase() == Phase.LIVE) {
                expect(Math.max(feed, handover.reached().offset()));
                // Deliveries go on from there, also for one who had read further.
                if (to < handover.reached().offset()) {
                    return;
                }
                modelReached = to;
            }
            handover.liveJumped(at(to));
            feed = to;
        }

        private List<Received> range(long after, long to) {
            return matching.stream()
                    .filter(offset -> offset > after && offset <= to)
                    .map(Samples::event)
                    .toList();
        }

        private void release(List<Received> events) {
            released.addAll(offsets(events));
        }

        /** Up to here everything was due. */
        private void expect(long to) {
            long from = modelReached;
            LongStream.rangeClosed(from + 1, to).filter(matching::contains).forEach(expected::add);
            modelReached = Math.max(from, to);
        }
    }
}
