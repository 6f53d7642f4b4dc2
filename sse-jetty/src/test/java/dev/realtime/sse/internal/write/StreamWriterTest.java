package dev.realtime.sse.internal.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.runtime.Supervisor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StreamWriterTest {
    private final StreamWriter writer = new StreamWriter(Supervisor.standard(), "writer-test");
    private final List<String> log = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        writer.close();
    }

    /** A turn that lasts until the latch is opened; returns when it has begun. */
    private void occupy(CountDownLatch release) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        writer.schedule(() -> {
            begun.countDown();
            await(release);
        });
        begun.await();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitRounds(int rounds) throws InterruptedException {
        for (int i = 0; i < rounds; i++) {
            CountDownLatch over = new CountDownLatch(1);
            writer.schedule(over::countDown);
            assertThat(over.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void turnsOfOneRoundComeInTheirOrder() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        occupy(release);
        for (String name : List.of("a", "b", "c")) {
            writer.schedule(() -> log.add(name));
        }
        release.countDown();
        awaitRounds(1);
        assertThat(log).containsExactly("a", "b", "c");
    }

    @Test
    void anAnswerWaitsForNobodyWhileNothingIsWritten() throws InterruptedException {
        awaitRounds(2);
        // The last turn may still be under way: then the answer comes at the end of it.
        CountDownLatch answered = new CountDownLatch(1);
        writer.pace(10 * StreamWriter.AHEAD_BYTES, answered::countDown);
        assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void publishersGetAheadOfARoundByALimit() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        occupy(release);
        writer.pace(StreamWriter.AHEAD_BYTES, () -> log.add("within"));
        writer.pace(1, () -> log.add("beyond"));
        assertThat(log).containsExactly("within");
        writer.schedule(() -> log.add("next round"));
        release.countDown();
        awaitRounds(1);
        assertThat(log).containsExactly("within", "beyond", "next round");
    }

    @Test
    void everyRoundLetsPublishersGetAheadAnew() throws InterruptedException {
        for (int round = 0; round < 3; round++) {
            CountDownLatch release = new CountDownLatch(1);
            occupy(release);
            writer.pace(StreamWriter.AHEAD_BYTES, () -> log.add("answered"));
            assertThat(log).hasSize(round + 1);
            release.countDown();
        }
    }

    @Test
    void aTurnThatFailsLeavesTheOthersTheirs() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        occupy(release);
        writer.schedule(() -> {
            throw new IllegalStateException("as the test wants it");
        });
        writer.schedule(() -> log.add("after"));
        release.countDown();
        awaitRounds(1);
        assertThat(log).containsExactly("after");
    }

    @Test
    void closingGivesTheLastTurnsAndAnswers() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        occupy(release);
        CountDownLatch told = new CountDownLatch(2);
        writer.schedule(told::countDown);
        writer.pace(2 * StreamWriter.AHEAD_BYTES, told::countDown);
        writer.close();
        release.countDown();
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(writer.schedule(() -> log.add("too late"))).isFalse();
        CountDownLatch answered = new CountDownLatch(1);
        writer.pace(2 * StreamWriter.AHEAD_BYTES, answered::countDown);
        assertThat(answered.getCount()).isZero();
    }
}
