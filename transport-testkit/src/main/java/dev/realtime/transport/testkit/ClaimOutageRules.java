package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.testkit.checks.Patience;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** C, where the backend can be away: for adapters with {@link ClaimsKeys} on a {@link RestartableBackend}. */
public abstract class ClaimOutageRules extends ContractRules<RestartableBackend> {
    private static final Duration LONG = Duration.ofMinutes(5);

    protected ClaimOutageRules(Supplier<? extends RestartableBackend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("C6 while down, asking for a key fails with TransportUnavailableException within 10 s")
    void noKeyWhileDown() {
        Instance instance = instance();
        assertThat(ClaimRules.claiming(instance).claim("before", LONG)).isTrue();
        backend().stop();

        for (String key : new String[] {"before", "k"}) {
            long begun = System.nanoTime();
            assertThatExceptionOfType(TransportUnavailableException.class)
                    .isThrownBy(() -> ClaimRules.claiming(instance).claim(key, LONG));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Patience.BOUND);
        }
    }

    @Test
    @DisplayName("C7 what was claimed before an outage is claimed after it")
    void claimedAfterAnOutage() {
        Instance instance = instance();
        assertThat(ClaimRules.claiming(instance).claim("k", LONG)).isTrue();
        backend().stop();
        instance.sink().awaitStatus(State.DOWN);

        backend().start();
        instance.sink().awaitStatus(State.LIVE);

        assertThat(ClaimRules.claiming(instance).claim("k", LONG)).isFalse();
        assertThat(ClaimRules.claiming(instance()).claim("k", LONG)).isFalse();
        assertThat(ClaimRules.claiming(instance).claim("other", LONG)).isTrue();
    }
}
