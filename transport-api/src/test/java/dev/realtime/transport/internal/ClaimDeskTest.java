package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.InvalidInputException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimDeskTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void theAdaptersAnswerIsGivenOnAThreadOfTheDesk() throws Exception {
        try (ClaimDesk desk =
                new ClaimDesk((key, ttl) -> Thread.currentThread().getName().startsWith("realtime-claim-")
                        && key.equals("mine")
                        && ttl.equals(MINUTE))) {
            assertThat(desk.claim("mine", MINUTE).get(20, TimeUnit.SECONDS)).isTrue();
            assertThat(desk.claim("other", MINUTE).get(20, TimeUnit.SECONDS)).isFalse();
        }
    }

    @Test
    void anAdapterThatIsAwayFailsTheClaim() {
        TransportUnavailableException away = new TransportUnavailableException("away", null);
        try (ClaimDesk desk = new ClaimDesk((key, ttl) -> {
            throw away;
        })) {
            assertThatThrownBy(() -> desk.claim("k", MINUTE).get(20, TimeUnit.SECONDS))
                    .hasCause(away);
        }
    }

    @Test
    void anAdapterThatHangsFailsTheClaimInTimeAndWhoeverWaitsBehindIt() {
        CountDownLatch never = new CountDownLatch(1);
        try (ClaimDesk desk = new ClaimDesk((key, ttl) -> {
            try {
                return never.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException closed) {
                throw new TransportUnavailableException("closed", closed);
            }
        })) {
            CompletableFuture<?>[] claims = new CompletableFuture<?>[5];
            for (int i = 0; i < claims.length; i++) {
                claims[i] = desk.claim("k" + i, MINUTE);
            }
            for (CompletableFuture<?> claim : claims) {
                assertThatThrownBy(() -> claim.get(8, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(TransportUnavailableException.class)
                        .hasMessageContaining("within");
            }
        }
    }

    @Test
    void closingFailsWhatWaits() {
        ClaimDesk desk = new ClaimDesk((key, ttl) -> {
            throw new TransportUnavailableException("closed", null);
        });
        desk.close();

        assertThatThrownBy(() -> desk.claim("k", MINUTE).get(2, TimeUnit.SECONDS))
                .hasCauseInstanceOf(TransportUnavailableException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "a'b", "é", "-a", "a\n"})
    void aKeyIsAName(String key) {
        try (ClaimDesk desk = new ClaimDesk((any, ttl) -> true)) {
            assertThatExceptionOfType(InvalidInputException.class)
                    .isThrownBy(() -> desk.claim(key, MINUTE))
                    .withMessageContaining("key: ");
        }
    }

    @Test
    void aTimeIsBounded() {
        try (ClaimDesk desk = new ClaimDesk((any, ttl) -> true)) {
            for (Duration ttl : new Duration[] {
                Duration.ZERO, Duration.ofNanos(10), Duration.ofSeconds(-1), KeyClaims.LONGEST.plusMillis(1)
            }) {
                assertThatExceptionOfType(InvalidInputException.class)
                        .isThrownBy(() -> desk.claim("k", ttl))
                        .withMessageContaining("ttl: ");
            }
        }
    }
}
