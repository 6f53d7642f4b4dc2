package dev.realtime.transport.redis.internal.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.settings.Secrets;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
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

    @Test
    void whicheverClockIsFirstASilentTlsPortIsNamedTheSameWay() {
        RedisAddress address = RedisAddress.parse("rediss://example.org:6379", null);
        TimeoutException late = new TimeoutException();
        Throwable handshake = new SslHandshakeTimeoutException("handshake timed out after 2000ms");
        List<Throwable> clocks = List.of(
                Failures.notConnected(address, late),
                new RedisConnectionException("Unable to connect", handshake),
                new ExecutionException(handshake),
                new RedisConnectionException("Unable to connect", new RedisCommandTimeoutException("HELLO")));

        assertThat(clocks)
                .extracting(clock -> Failures.unavailable(address, clock).getMessage())
                .containsOnly("redis: cannot reach example.org:6379 (no answer within 2 s; is that its TLS port?)");
    }
}
