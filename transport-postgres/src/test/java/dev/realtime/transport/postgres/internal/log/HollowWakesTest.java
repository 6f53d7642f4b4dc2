package dev.realtime.transport.postgres.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Trouble;
import dev.realtime.transport.runtime.Troubles;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HollowWakesTest {
    private final Troubles troubles = Supervisor.standard().troubles();
    private final AtomicLong now = new AtomicLong();
    private final HollowWakes hollow = new HollowWakes(troubles, now::get);

    @Test
    void wakeUpsThatBringEventsAndAFewInVainBetweenThemSlowNothing() {
        for (int i = 0; i < 10_000; i++) {
            hollow.heard(1);
            hollow.round(true, i % 10 == 0);
            now.addAndGet(Duration.ofMillis(1).toNanos());
            assertThat(hollow.apart()).isZero();
        }
        assertThat(troubles.all()).isEmpty();
    }

    @Test
    void manyInVainAreFurtherApartAlsoWithAnEventNowAndThen() {
        inVain(HollowWakes.IN_A_ROW);
        assertThat(hollow.apart()).isEqualTo(HollowWakes.APART.toNanos());
        inVain(1_000);
        hollow.round(true, true);
        assertThat(hollow.apart()).isEqualTo(HollowWakes.APART.toNanos());
        hollow.round(false, false);
        assertThat(hollow.apart()).isEqualTo(HollowWakes.APART.toNanos());
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        hollow.round(false, false);
        assertThat(hollow.apart()).isZero();
    }

    @Test
    void theLoudestIsNamedUntilItIsOver() {
        for (int i = 0; i < 300; i++) {
            hollow.heard(i % 3 == 0 ? 4711 : 4712);
            inVain(1);
            now.addAndGet(HollowWakes.APART.toNanos());
        }
        assertThat(troubles.all())
                .singleElement()
                .extracting(Trouble::part, Trouble::blocking)
                .containsExactly(HollowWakes.PART, false);
        assertThat(troubles.all().get(0).cause()).contains("pid 4712", "pg_terminate_backend");
        for (int second = 0; second < 7; second++) {
            hollow.round(false, false);
            now.addAndGet(Duration.ofSeconds(1).toNanos());
        }
        assertThat(troubles.all()).isEmpty();
    }

    @Test
    void manyProcessesTakeNoRoom() {
        for (int pid = 0; pid < 100_000; pid++) {
            hollow.heard(pid);
        }
        inVain(HollowWakes.IN_A_ROW);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        inVain(1);
        assertThat(troubles.all()).hasSize(1);
    }

    private void inVain(int times) {
        for (int i = 0; i < times; i++) {
            hollow.round(true, false);
        }
    }
}
