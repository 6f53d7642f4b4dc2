package dev.realtime.transport.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportUnavailableException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClaimedKeysTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** About to overflow, as System.nanoTime may be. */
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);

    private final ClaimedKeys keys = new ClaimedKeys(now::get);

    @Test
    void aKeyIsFreeAgainOnceItsTimeHasPassed() {
        assertThat(keys.claim("k", MINUTE)).isTrue();
        now.addAndGet(MINUTE.toNanos() - 1);
        assertThat(keys.claim("k", MINUTE)).isFalse();
        now.addAndGet(1);
        assertThat(keys.claim("k", MINUTE)).isTrue();
    }

    @Test
    void beyondItsBoundItRefusesToTellAndMakesRoomAsTimesPass() {
        for (int i = 0; i < ClaimedKeys.MOST; i++) {
            keys.claim("k" + i, i == 7 ? MINUTE : MINUTE.multipliedBy(2));
        }
        assertThat(keys.claim("k0", MINUTE)).isFalse();
        assertThatExceptionOfType(TransportUnavailableException.class)
                .isThrownBy(() -> keys.claim("one more", MINUTE))
                .withMessageContaining(Integer.toString(ClaimedKeys.MOST));

        now.addAndGet(MINUTE.toNanos());
        assertThat(keys.claim("one more", MINUTE)).isTrue();
        assertThat(keys.claim("k8", MINUTE)).isFalse();
    }
}
