package dev.realtime.sse.internal.credential;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.TicketKey;
import dev.realtime.transport.event.AllowedTopics;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallerHashTest {
    private static final Caller ANN = Caller.of("acme").withUser("ann");
    private static final CallerHash KEYED = keyed("k".repeat(32));

    @Test
    void aRenewedCredentialChangesNothing() {
        String before = KEYED.of(ANN.until(Instant.EPOCH).issuedAt(Instant.EPOCH));
        assertThat(KEYED.of(ANN.until(Instant.MAX).publishing(AllowedTopics.NONE)))
                .isEqualTo(before)
                .matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+){2}")
                .isEqualTo(keyed("k".repeat(32)).of(ANN));
    }

    @Test
    void everyOtherCallerIsAnother() {
        List<Caller> callers = List.of(
                ANN,
                Caller.of("acme"),
                Caller.of("acme").withUser("bob"),
                Caller.of("other").withUser("ann"),
                Caller.of("acmeann"),
                ANN.hearing(AllowedTopics.of("a")),
                ANN.hearing(AllowedTopics.of("a", "b")),
                ANN.hearing(AllowedTopics.NONE));
        assertThat(callers.stream().map(KEYED::of)).doesNotHaveDuplicates();
    }

    @Test
    void whoAndWhatMayBeHeardStandApart() {
        String all = KEYED.of(ANN);
        String some = KEYED.of(ANN.hearing(AllowedTopics.of("a", "b")));
        assertThat(some.substring(0, some.lastIndexOf('.'))).isEqualTo(all.substring(0, all.lastIndexOf('.')));
        assertThat(some).isEqualTo(KEYED.of(ANN.hearing(AllowedTopics.of("b", "a"))));
        assertThat(all).isEqualTo(KEYED.of(ANN.hearing(AllowedTopics.of("*"))));
    }

    @Test
    void anotherKeyOrSaltMakesAllPartsAnew() {
        for (CallerHash other : List.of(keyed("o".repeat(32)), salted(""), salted("https://a.example/keys"))) {
            assertThat(other.of(ANN).split("\\.")).doesNotContain(KEYED.of(ANN).split("\\."));
        }
        assertThat(salted("a").of(ANN))
                .isEqualTo(salted("a").of(ANN))
                .isNotEqualTo(salted("b").of(ANN));
    }

    private static CallerHash keyed(String secret) {
        return CallerHash.of(EndpointOptions.DEFAULTS.withTickets(TicketKey.of(secret.getBytes(UTF_8))));
    }

    private static CallerHash salted(String salt) {
        return CallerHash.of(EndpointOptions.DEFAULTS.withCallerSalt(salt));
    }
}
