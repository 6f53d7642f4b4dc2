package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.Caller;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RatesTest {
    private static final Caller ANN = Caller.of("acme").withUser("ann");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private long now = 5;
    private final Rates rates = new Rates(100, () -> now, meters);

    @Test
    void aCredentialMayAskForTwoSecondsWorthAtOnceAndThenForItsRate() {
        assertThat(taken(ANN, 500)).isEqualTo(200);

        now += TimeUnit.MILLISECONDS.toNanos(500);
        assertThat(taken(ANN, 500)).isEqualTo(50);
        now += TimeUnit.HOURS.toNanos(1);
        assertThat(taken(ANN, 500)).isEqualTo(200);
        assertThat(meters.get("realtime.requests.refused").counter().count()).isPositive();
    }

    @Test
    void othersAreNotHeldUpNorAnotherUserOfTheSameOrganisation() {
        taken(ANN, 500);

        assertThat(rates.take(Caller.of("acme"), 1)).isTrue();
        assertThat(rates.take(Caller.of("acme").withUser("bob"), 1)).isTrue();
        assertThat(rates.take(Caller.of("globex").withUser("ann"), 1)).isTrue();
    }

    @Test
    void theLargestPublicationFitsAndIsPaidForAfterwards() {
        assertThat(rates.take(ANN, 1_000)).isTrue();

        now += TimeUnit.SECONDS.toNanos(8);
        assertThatThrownBy(() -> rates.require(ANN, 1))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem().code()).isEqualTo("too_many_requests"))
                .hasMessageContaining("100 a second");
        now += TimeUnit.SECONDS.toNanos(1);
        rates.require(ANN, 1);
    }

    @Test
    void whoIsQuietIsForgotten() {
        taken(ANN, 500);
        now += TimeUnit.MILLISECONDS.toNanos(1_900);
        rates.tick();
        assertThat(rates.known()).isEqualTo(1);

        now += TimeUnit.MILLISECONDS.toNanos(100);
        rates.tick();
        assertThat(rates.known()).isZero();
    }

    private int taken(Caller caller, int asked) {
        int taken = 0;
        for (int i = 0; i < asked; i++) {
            taken += rates.take(caller, 1) ? 1 : 0;
        }
        return taken;
    }
}
