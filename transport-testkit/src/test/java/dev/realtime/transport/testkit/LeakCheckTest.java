package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.testkit.checks.LeakCheck;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;

class LeakCheckTest {
    @Test
    void noticesAThreadOfOursThatStays() throws InterruptedException {
        Set<Thread> before = LeakCheck.running();
        CountDownLatch end = new CountDownLatch(1);
        Thread left = new Thread(() -> awaitQuietly(end), LeakCheck.PREFIX + "left");
        left.start();

        assertThatExceptionOfType(ConditionTimeoutException.class)
                .isThrownBy(() -> LeakCheck.assertNothingNewSince(before))
                .withMessageContaining("threads left behind");

        end.countDown();
        left.join();
        LeakCheck.assertNothingNewSince(before);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
