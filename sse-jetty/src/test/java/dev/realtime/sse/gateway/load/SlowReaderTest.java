package dev.realtime.sse.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.gateway.equipment.StalledReader;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlowReaderTest {
    private final TestGateway gateway =
            TestGateway.start(options -> options.withWriteDeadline(Duration.ofMillis(1_500)));

    @AfterEach
    void stop() {
        gateway.close();
    }

    @Test
    void aStalledReaderHoldsUpNobodyAndIsEndedAtItsDeadline() throws Exception {
        StreamClient other = gateway.stream("?events=small");
        other.awaitLive();
        try (Socket stalled = StalledReader.fill(gateway)) {
            String cursor = gateway.publish("small");
            assertThat(other.next().id()).isEqualTo(cursor);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(gateway.get("/metrics").body())
                            .contains("realtime_stream_closes_total{reason=\"slow\"} 1.0")
                            .contains("realtime_streams 1.0"));
            assertThat(StalledReader.streams(gateway)).isEqualTo(1);
            stalled.setSoTimeout(10_000);
            assertCut(stalled);
        }
        String after = gateway.publish("small");
        assertThat(other.next().id()).isEqualTo(after);
    }

    /** What is left in the socket's buffers ends, within the socket's timeout, by an end or a reset. */
    private static void assertCut(Socket socket) {
        byte[] chunk = new byte[65_536];
        try {
            while (socket.getInputStream().read(chunk) >= 0) {
                // only the end matters
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("still open", e);
        } catch (java.io.IOException reset) {
            // as good as an end
        }
    }
}
