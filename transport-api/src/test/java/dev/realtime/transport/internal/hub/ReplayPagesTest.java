package dev.realtime.transport.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Filter;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ReplayPagesTest {
    private static final int PAGE = 10;

    private final ReadOnlyLog log = new ReadOnlyLog();
    private final ExecutorService beside = Executors.newCachedThreadPool();
    private long now;
    private final ReplayPages pages = new ReplayPages(log, () -> now, 64L << 20);

    /** Events 1 to {@link #head} of every organisation, with payloads of a size. */
    private static final class ReadOnlyLog implements ReplayPages.Reader {
        private final List<String> reads = new ArrayList<>();
        private long head = 25;
        private int payloadBytes = 2;
        private @Nullable CountDownLatch reading;
        private CountDownLatch mayAnswer = new CountDownLatch(0);
        private boolean away;

        @Override
        public LogPage read(String orgId, Position after) {
            CountDownLatch answers;
            synchronized (this) {
                reads.add(orgId + "@" + after.offset());
                answers = mayAnswer;
            }
            if (reading != null) {
                reading.countDown();
            }
            await(answers);
            if (away) {
                throw new TransportUnavailableException("away", null);
            }
            List<LogEntry> entries = LongStream.rangeClosed(after.offset() + 1, Math.min(head, after.offset() + PAGE))
                    .mapToObj(offset -> entry(orgId, offset))
                    .toList();
            return new LogPage.Entries(
                    entries,
                    entries.isEmpty() ? after : entries.get(entries.size() - 1).position());
        }

        private LogEntry entry(String orgId, long offset) {
            List<String> audience = offset % 5 == 0 ? List.of("ann") : null;
            JsonPayload payload =
                    JsonPayload.of(("\"" + "x".repeat(payloadBytes) + "\"").getBytes(StandardCharsets.UTF_8));
            Envelope envelope =
                    new Envelope("n" + offset, orgId, "changed", "events", Instant.EPOCH, payload, audience);
            return new LogEntry(Samples.at(offset), envelope, 0);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() {
        beside.shutdownNow();
    }

    private List<Long> read(long after) {
        return Samples.offsets(page("acme", Samples.at(after))
                .eventsFor(SubscribeRequest.of("acme").withUser("ann")));
    }

    private ReplayPages.Page page(String orgId, Position after) {
        return Objects.requireNonNull(pages.read(orgId, after, true));
    }

    private static List<Long> range(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    @Test
    void aPageIsReadOnceForAllWhoComeSoonAfter() {
        for (int i = 0; i < 100; i++) {
            assertThat(read(0)).isEqualTo(range(1, 10));
            assertThat(read(10)).isEqualTo(range(11, 20));
        }
        assertThat(log.reads).containsExactly("acme@0", "acme@10");
    }

    @Test
    void aCursorInsideAHeldPageIsGivenItsRest() {
        read(0);
        assertThat(read(4)).isEqualTo(range(5, 10));
        assertThat(log.reads).containsExactly("acme@0");
    }

    @Test
    void theEventsAreTheSameObjects() {
        SubscribeRequest request = SubscribeRequest.of("acme").withUser("ann");
        assertThat(page("acme", Samples.at(3)).eventsFor(request).get(2))
                .isSameAs(page("acme", Samples.at(5)).eventsFor(request).get(0));
    }

    @Test
    void whoMayNotReadIsGivenWhatIsThere() {
        assertThat(pages.read("acme", Samples.at(0), false)).isNull();
        assertThat(log.reads).isEmpty();

        ReplayPages.Page whole = page("acme", Samples.at(0));
        ReplayPages.Page rest = pages.read("acme", Samples.at(4), false);
        assertThat(rest).isNotNull();
        assertThat(rest.sheet()).isSameAs(whole.sheet());
    }

    @Test
    void theEndOfAPageIsReadAnew() {
        read(20);
        log.head = 30;
        assertThat(read(25)).isEqualTo(range(26, 30));
    }

    @Test
    void aPositionThatNoHeldEventProvesIsAskedOfTheLog() {
        read(0);
        page("acme", new Position("e1", 4, "fedcba"));
        page("acme", new Position("e2", 4, "abc"));
        assertThat(log.reads).containsExactly("acme@0", "acme@4", "acme@4");
    }

    @Test
    void organisationsDoNotSharePages() {
        read(0);
        page("zeta", Samples.at(0));
        assertThat(log.reads).containsExactly("acme@0", "zeta@0");
    }

    @Test
    void whatIsForOthersIsLeftOutForEachSubscriber() {
        ReplayPages.Page page = page("acme", Samples.at(0));
        assertThat(Samples.offsets(page.eventsFor(SubscribeRequest.of("acme")))).doesNotContain(5L, 10L);
        assertThat(Samples.offsets(page.eventsFor(SubscribeRequest.of("acme").withUser("ann"))))
                .contains(5L, 10L);
        assertThat(page.eventsFor(SubscribeRequest.of("acme").withFilter(Filter.topics("other"))))
                .isEmpty();
    }

    @Test
    void afterASecondTheLogIsAskedAgain() {
        read(0);
        now += ReplayPages.HELD_NANOS - 1;
        read(0);
        assertThat(log.reads).hasSize(1);
        now += 1;
        assertThat(pages.forgetOld()).isFalse();
        read(0);
        assertThat(log.reads).hasSize(2);
    }

    @Test
    void nothingIsHeldOfALogThatChanged() {
        read(0);
        pages.forget();
        read(0);
        assertThat(log.reads).hasSize(2);
    }

    @Test
    void aReadThatBeganBeforeTheLogChangedIsNotHeld() {
        log.reading = new CountDownLatch(1);
        log.mayAnswer = new CountDownLatch(1);
        CompletableFuture<List<Long>> early = CompletableFuture.supplyAsync(() -> read(0), beside);
        await(log.reading);
        pages.forget();
        log.mayAnswer.countDown();
        assertThat(early.join()).hasSize(10);
        read(0);
        assertThat(log.reads).hasSize(2);
    }

    @Test
    void whoAsksWhileAPageIsReadWaitsForItAndSharesItsFailure() {
        log.away = true;
        log.reading = new CountDownLatch(1);
        log.mayAnswer = new CountDownLatch(1);
        CompletableFuture<List<Long>> first = CompletableFuture.supplyAsync(() -> read(0), beside);
        await(log.reading);
        CompletableFuture<List<Long>> second = CompletableFuture.supplyAsync(() -> read(0), beside);
        assertThatThrownBy(() -> second.get(50, TimeUnit.MILLISECONDS)).isNotNull();
        log.mayAnswer.countDown();
        assertThatThrownBy(first::join).hasCauseInstanceOf(TransportUnavailableException.class);
        assertThatThrownBy(second::join).hasCauseInstanceOf(TransportUnavailableException.class);
        assertThat(log.reads).hasSize(1);
        log.away = false;
        assertThat(read(0)).hasSize(10);
    }

    @Test
    void theOldestGoWhenTheHeldOnesGetLarge() {
        log.payloadBytes = 100_000;
        log.head = 1_000;
        for (int page = 0; page < 20; page++) {
            read(page * 10L);
        }
        log.reads.clear();
        read(0);
        read(190);
        assertThat(log.reads).containsExactly("acme@0");
    }

    @Test
    void aPageOfHugeEventsIsNotHeld() {
        log.payloadBytes = 1_000_000;
        read(0);
        read(0);
        assertThat(log.reads).hasSize(2);
    }
}
