package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.gateway.equipment.ChunkReader;
import dev.realtime.sse.gateway.equipment.TestCertificate;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.equipment.Wire;
import dev.realtime.sse.gateway.equipment.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fault 42: who reads by whole chunks hears each event at once, without the next one or a heartbeat. */
@Timeout(60)
class ChunksTest {
    @TempDir
    private Path folder;

    private TestGateway gateway;

    @AfterEach
    void stop() {
        gateway.close();
    }

    private void start() {
        gateway = TestGateway.start(options -> options.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT));
    }

    private void requireEachAtOnce(ChunkReader chunks) throws IOException {
        chunks.awaitChunkWith("event: realtime.live\n");
        for (int i = 0; i < 5; i++) {
            String cursor = gateway.publish("e" + i);
            assertThat(chunks.awaitChunkWith("\"e" + i + "\""))
                    .startsWith("data: {\"id\"")
                    .endsWith("}\nid: " + cursor + "\n\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep-alive", "close"})
    void eachEventIsAWholeChunkAtOnce(String connection) throws IOException {
        start();
        try (ChunkReader chunks =
                ChunkReader.open(gateway.gateway().port(), "/realtime/stream", "Connection", connection)) {
            assertThat(chunks.head())
                    .startsWith("http/1.1 200 ok\n")
                    .containsOnlyOnce("transfer-encoding: chunked\n")
                    .contains("connection: close\n")
                    .doesNotContain("content-length");
            requireEachAtOnce(chunks);
        }
    }

    @Test
    void overTlsToo() throws Exception {
        gateway = Wire.HTTP_1_1_OVER_TLS.startWith(
                List.of(), folder, options -> options.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT));
        try (WireClient publisher = Wire.HTTP_1_1_OVER_TLS.client(gateway);
                ChunkReader chunks = ChunkReader.on(
                        TestCertificate.trusting(TestCertificate.ec())
                                .getSocketFactory()
                                .createSocket("localhost", gateway.gateway().port()),
                        "/realtime/stream")) {
            chunks.awaitChunkWith("event: realtime.live\n");
            for (int i = 0; i < 3; i++) {
                String cursor = publisher.publish("e" + i);
                assertThat(chunks.awaitChunkWith("\"e" + i + "\"")).endsWith("id: " + cursor + "\n\n");
            }
        }
    }

    @Test
    void eventsOfAnySizeAreWholeChunks() throws IOException {
        start();
        try (ChunkReader chunks = ChunkReader.open(gateway.gateway().port(), "/realtime/stream")) {
            chunks.awaitChunkWith("event: realtime.live\n");
            for (int size : new int[] {1, 15, 16, 4_000, 65_000, 65_400, 66_000, 1_000_000}) {
                String payload = "\"" + "x".repeat(size) + "\"";
                assertThat(gateway.post("{\"event\":\"e\",\"payload\":" + payload + "}")
                                .statusCode())
                        .isEqualTo(201);
                assertThat(chunks.awaitChunkWith("\"e\"")).contains("\"payload\":" + payload + "}\nid: ");
            }
        }
    }

    @Test
    void theFarewellIsFollowedByALastChunkAndTheEnd() throws IOException {
        start();
        try (ChunkReader chunks = ChunkReader.open(gateway.gateway().port(), "/realtime/stream")) {
            chunks.awaitChunkWith("event: realtime.live\n");
            CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway::close);
            assertThat(chunks.awaitChunkWith("event: realtime.close")).endsWith("\n\n");
            assertThat(chunks.next()).as("the end").isNull();
            closing.join();
        }
    }

    @Test
    void whoIsSentAwayAtOnceHearsAWholeAnswer() throws IOException {
        gateway = TestGateway.start(
                options -> options.withLimits(options.limits().withProcess(1)).withHeartbeat(Duration.ofSeconds(30)));
        try (ChunkReader first = ChunkReader.open(gateway.gateway().port(), "/realtime/stream")) {
            first.awaitChunkWith("event: realtime.live\n");
            try (ChunkReader second = ChunkReader.open(gateway.gateway().port(), "/realtime/stream")) {
                assertThat(second.awaitChunkWith("\"limit\"")).endsWith("\n\n");
                assertThat(second.next()).as("the end").isNull();
            }
        }
    }

    @Test
    void aRequestWithABodyIsAnsweredInChunksToo() throws IOException {
        start();
        try (ChunkReader chunks =
                ChunkReader.open(gateway.gateway().port(), "/realtime/stream", "Content-Length", "4")) {
            assertThat(chunks.head()).contains("transfer-encoding: chunked\n");
            chunks.awaitChunkWith("event: realtime.live\n");
            for (int i = 0; i < 3; i++) {
                gateway.publish("e" + i);
                assertThat(chunks.awaitChunkWith("\"e" + i + "\"")).endsWith("\n\n");
            }
        }
    }
}
