package dev.realtime.sse.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.gateway.equipment.StalledReader;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class ShutdownTest {
    @Test
    void everyStreamIsToldToComeBackBeforeTheServerStops() {
        TestGateway gateway = TestGateway.start();
        StreamClient one = gateway.stream("");
        StreamClient two = gateway.stream("?topics=a");
        one.awaitLive();
        two.awaitLive();
        long begin = System.nanoTime();
        gateway.gateway().close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        for (StreamClient stream : new StreamClient[] {one, two}) {
            StreamClient.Frame close = stream.next();
            assertThat(close.event()).isEqualTo("realtime.close");
            assertThat(close.data()).isEqualTo("{\"reason\":\"draining\",\"reconnect\":true}");
            assertThat(Integer.parseInt(close.retry())).isBetween(250, 4_000);
            assertThat(stream.next()).isNull();
        }
        int port = gateway.gateway().port();
        assertThatThrownBy(() -> StreamClient.open(Math.max(1, port), "/")).isNotNull();
        gateway.close();
    }

    @Test
    void aStreamThatDoesNotReadDoesNotHoldItUpForLong() throws Exception {
        TestGateway gateway = TestGateway.start();
        StalledReader.fill(gateway);
        long begin = System.nanoTime();
        CompletableFuture.runAsync(gateway::close).get(15, TimeUnit.SECONDS);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(11));
    }
}
