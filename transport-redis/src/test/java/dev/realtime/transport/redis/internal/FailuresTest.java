package dev.realtime.transport.redis.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Secrets;
import io.lettuce.core.RedisCommandExecutionException;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

/** The words for what went wrong. */
class FailuresTest {
    @Test
    void whatAServerRepeatsOfATokenIsMasked() {
        Secrets.keep("bN6rV2kX9mQ4-token");

        // A server that does not know HELLO says what it was sent; one that cuts its arguments says the beginning.
        assertThat(
                        Failures.reason(
                                new RedisCommandExecutionException(
                                        "ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `bN6rV2kX9m`, ")))
                .isEqualTo("ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `***`, ");
        assertThat(Failures.reason(new IllegalStateException(new SSLException("no name 2kX9mQ4 in V2kX"))))
                .doesNotContain("X9mQ", "V2kX");
    }
}
