package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

class WallClockTest {
    @Test
    void tellsTheTimeOfDayAcrossSeveralReadings() {
        WallClock clock = new WallClock();
        long until = System.nanoTime() + 2_200_000_000L;
        long asked = 0;
        while (System.nanoTime() < until) {
            long before = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            long told = clock.micros();
            long after = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            assertThat(told).isBetween(before - 2_000, after + 2_000);
            asked++;
        }
        assertThat(asked).isPositive();
    }
}
