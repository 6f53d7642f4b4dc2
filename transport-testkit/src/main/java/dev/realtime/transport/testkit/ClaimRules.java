package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.ClaimsKeys;
import dev.realtime.transport.testkit.checks.Patience;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** C: for adapters with {@link ClaimsKeys}: one caller among all instances gets a key, for a time. */
public abstract class ClaimRules extends ContractRules<Backend> {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int RACERS = 32;

    protected ClaimRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("C1 who asks first gets the key, everybody later does not, on any instance")
    void firstGetsIt() {
        Instance one = instance();
        Instance other = instance();

        assertThat(claiming(one).claim("k", LONG)).isTrue();
        assertThat(claiming(one).claim("k", LONG)).isFalse();
        assertThat(claiming(other).claim("k", LONG)).isFalse();
        assertThat(claiming(instance()).claim("k", LONG)).isFalse();
    }

    @Test
    @DisplayName("C2 of 32 who ask at the same time on three instances exactly one gets the key, time after time")
    void oneOfManyGetsIt() {
        List<Instance> instances = List.of(instance(), instance(), instance());
        ExecutorService racers = Executors.newFixedThreadPool(RACERS);
        try {
            for (int round = 0; round < 5; round++) {
                String key = "race-" + round;
                List<CompletableFuture<Boolean>> answers = IntStream.range(0, RACERS)
                        .mapToObj(i -> CompletableFuture.supplyAsync(
                                () -> claiming(instances.get(i % 3)).claim(key, LONG), racers))
                        .toList();
                assertThat(answers.stream().map(CompletableFuture::join).filter(got -> got))
                        .as("who got %s", key)
                        .hasSize(1);
            }
        } finally {
            racers.shutdownNow();
        }
    }

    @Test
    @DisplayName("C3 another key is free, however much alike: every name at its bounds is a key of its own")
    void anotherKeyIsFree() {
        ClaimsKeys instance = claiming(instance());
        List<String> alike =
                List.of("k", "K", "k:", "k:1", "k.1", "k-1", "k_1", "_", "0", "x".repeat(127), "x".repeat(128));

        assertThat(alike)
                .allSatisfy(key -> assertThat(instance.claim(key, LONG)).isTrue());
        assertThat(alike)
                .allSatisfy(key -> assertThat(instance.claim(key, LONG)).isFalse());
    }

    @Test
    @DisplayName("C4 a key is free again when its time has passed, and not before")
    void freeAgainAfterItsTime() {
        Duration time = Duration.ofMillis(400);
        ClaimsKeys one = claiming(instance());
        ClaimsKeys other = claiming(instance());
        long before = System.nanoTime();
        assertThat(one.claim("short", time)).isTrue();
        assertThat(one.claim("long", LONG)).isTrue();

        Patience.await().until(() -> other.claim("short", LONG));

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(time);
        assertThat(one.claim("short", LONG)).isFalse();
        assertThat(other.claim("long", LONG)).isFalse();
    }

    @Test
    @DisplayName("C5 whoever asks a closed adapter for a key gets TransportUnavailableException")
    void closedAdapterGivesNone() {
        Instance instance = instance();
        instance.close();

        assertThatExceptionOfType(TransportUnavailableException.class)
                .isThrownBy(() -> claiming(instance).claim("k", LONG));
        assertThat(claiming(instance()).claim("k", LONG)).isTrue();
    }

    static ClaimsKeys claiming(Instance instance) {
        assertThat(instance.adapter()).isInstanceOf(ClaimsKeys.class);
        return (ClaimsKeys) instance.adapter();
    }
}
