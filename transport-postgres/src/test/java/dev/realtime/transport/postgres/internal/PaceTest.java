package dev.realtime.transport.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
    @Test
    void aFewInstancesNeverWait() {
        for (int instances = 0; instances <= 8; instances++) {
            assertThat(Pace.betweenAppends(instances)).isZero();
            assertThat(Pace.betweenReads(instances)).isZero();
        }
    }

    @Test
    void everyFurtherInstanceMakesAllWaitALittle() {
        assertThat(Pace.betweenAppends(9)).isEqualTo(100_000);
        assertThat(Pace.betweenAppends(50)).isEqualTo(4_200_000);
        assertThat(Pace.betweenReads(50)).isEqualTo(10_500_000);
    }

    @Test
    void whoIsLateAnywayDoesNotWait() {
        long before = System.nanoTime();
        Pace.rest(before - 1_000_000_000L, 1_000_000_000L);
        Pace.rest(before, 0);

        assertThat(System.nanoTime() - before).isLessThan(500_000_000L);
    }
}
