package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloseReasonTest {
    private static final int BUCKETS = 20;

    @ParameterizedTest
    @ValueSource(ints = {100, 10_000, 40_000})
    void thePeakOfWhoComesBackIsWithinThreeTimesTheMean(int together) {
        int[] back = new int[BUCKETS];
        int longest = Math.max(4_000, together);
        for (int i = 0; i < 40_000; i++) {
            long millis = CloseReason.DRAINING.jitteredRetry(together);
            assertThat(millis).isBetween(250L, (long) longest);
            back[(int) (millis * BUCKETS / (longest + 1))]++;
        }
        assertThat(Arrays.stream(back).max().orElseThrow()).isLessThanOrEqualTo(3 * 40_000 / BUCKETS);
    }

    @Test
    void nobodyIsSentAwayForMoreThanAMinuteByADrain() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(CloseReason.DRAINING.jitteredRetry(10_000_000)).isBetween(250L, 60_000L);
        }
    }
}
