package dev.realtime.transport.postgres.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When growth of the log speaks against LISTEN. */
class SuspicionTest {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    private final AtomicInteger told = new AtomicInteger();
    private final Suspicion suspicion = new Suspicion(Duration.ofSeconds(1));

    @BeforeEach
    void listen() {
        suspicion.tells(told::incrementAndGet);
    }

    @Test
    void growthThatNobodyAnnouncesIsSuspectOnceAndNotBeforeTheToleranceIsOver() {
        suspicion.grew(MINUTE);
        suspicion.look(true, MINUTE + millis(1_500));
        assertThat(told).hasValue(0);

        suspicion.look(true, MINUTE + millis(1_501));
        suspicion.look(true, MINUTE + millis(9_000));
        assertThat(told).hasValue(1);
    }

    @Test
    void growthAnnouncedBeforeOrSoonAfterIsNot() {
        suspicion.notified(MINUTE - millis(900));
        suspicion.grew(MINUTE);
        suspicion.look(true, MINUTE + millis(3_000));

        suspicion.grew(2 * MINUTE);
        suspicion.notified(2 * MINUTE + millis(200));
        suspicion.look(true, 2 * MINUTE + millis(3_000));

        assertThat(told).hasValue(0);
    }

    @Test
    void aNotificationOfLongAgoAnnouncesNothing() {
        suspicion.notified(MINUTE);
        suspicion.grew(2 * MINUTE);
        suspicion.look(true, 2 * MINUTE + millis(3_000));

        assertThat(told).hasValue(1);
    }

    @Test
    void whoIsKnownToBeDeafSuspectsNothing() {
        suspicion.grew(MINUTE);
        suspicion.look(false, MINUTE + millis(3_000));
        suspicion.look(true, MINUTE + millis(6_000));

        assertThat(told).hasValue(0);
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
