package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.StreamLimits;
import dev.realtime.sse.gateway.equipment.FrameReader;
import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.equipment.Wire;
import dev.realtime.sse.gateway.equipment.WireClient;
import dev.realtime.sse.gateway.equipment.WireClient.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every frame of the wire, over one protocol. */
abstract class FrameRules {
    /** Two thirds of it are what an HTTP/2 client has to answer a PING in, on a busy machine too. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    private static final String[] ALICE = {"Authorization", TestGateway.bearer("acme", "alice")};

    @TempDir
    private Path folder;

    private final Wire wire;
    private TestGateway gateway;
    private WireClient client;

    FrameRules(Wire wire) {
        this.wire = wire;
    }

    @AfterEach
    void stop() {
        if (client != null) {
            client.close();
            gateway.close();
        }
    }

    @Test
    void openLiveEnvelopeAndHeartbeat() throws IOException {
        start(options -> options.withHeartbeat(HEARTBEAT));
        try (Answer answer = client.get("/realtime/stream", ALICE)) {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.protocol()).isEqualTo(wire.protocol());
            assertThat(answer.headers())
                    .containsEntry("content-type", "text/event-stream")
                    .containsEntry("cache-control", "no-cache, no-transform")
                    .containsEntry("x-accel-buffering", "no");
            FrameReader frames = answer.frames();
            Frame open = frames.next();
            assertThat(open.event()).isEqualTo("realtime.open");
            assertThat(open.id()).matches("[A-Za-z0-9._]+-0-0");
            assertThat(open.retry()).isEqualTo("2000");
            assertThat(open.data()).contains("\"resumed\":false,");
            assertThat(frames.next()).isEqualTo(new Frame("realtime.live", null, null, "{}"));
            String cursor = client.publish("orders.updated", ALICE);
            Frame envelope = frames.nextTold();
            assertThat(envelope.event()).isNull();
            assertThat(envelope.id()).isEqualTo(cursor);
            assertThat(envelope.data()).contains("\"event\":\"orders.updated\"");
        }
        try (Answer answer = client.get("/realtime/stream?topics=none", ALICE)) {
            FrameReader frames = live(answer);
            String cursor = client.publish("orders.updated", ALICE);
            assertThat(frames.next()).isEqualTo(Frame.heartbeat(cursor));
        }
    }

    @Test
    void anEnvelopeUnderItsOwnName() throws IOException {
        start(options -> options);
        try (Answer answer = client.get("/realtime/stream?named=true", ALICE)) {
            FrameReader frames = live(answer);
            String cursor = client.publish("orders.updated", ALICE);
            Frame envelope = frames.next();
            assertThat(envelope.event()).isEqualTo("orders.updated");
            assertThat(envelope.id()).isEqualTo(cursor);
        }
    }

    @Test
    void aResumeIsReplayedOnceAndInOrderAndThenLive() throws IOException {
        start(options -> options);
        List<String> cursors = java.util.stream.IntStream.range(0, 20)
                .mapToObj(i -> client.publish("e", ALICE))
                .toList();
        try (Answer answer = client.get("/realtime/stream", "Last-Event-ID", cursors.get(4), ALICE[0], ALICE[1])) {
            FrameReader frames = answer.frames();
            Frame open = frames.next();
            assertThat(open.id()).isEqualTo(cursors.get(4));
            assertThat(open.data()).contains("\"resumed\":true,");
            for (String cursor : cursors.subList(5, 20)) {
                assertThat(frames.next().id()).isEqualTo(cursor);
            }
            assertThat(frames.next().event()).isEqualTo("realtime.live");
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"malformed, nonsense", "epoch_changed, foreign-7-abcdef", "ahead, EPOCH-999-abcdef"})
    void aGapIsTheFirstFrame(String reason, String lost) throws IOException {
        start(options -> options);
        String head = client.publish("e", ALICE);
        String cursor = lost.replace("EPOCH", head.substring(0, head.indexOf('-')));
        requireGap(reason, cursor, head);
    }

    @Test
    void aTrimmedGapIsTheFirstFrameToo() throws IOException {
        start(options -> options, "REALTIME_MEMORY_MAX_BYTES", "33554432");
        String trimmed = client.publish("e", ALICE);
        String large = "{\"event\":\"large\",\"payload\":\"" + "x".repeat(1_000_000) + "\"}";
        for (int i = 0; i < 40; i++) {
            assertThat(client.post(large, ALICE).text()).contains("cursor");
        }
        try (Answer answer = client.get("/realtime/stream?events=e", "Last-Event-ID", trimmed, ALICE[0], ALICE[1])) {
            Frame gap = answer.frames().next();
            assertThat(gap.event()).isEqualTo("realtime.gap");
            assertThat(gap.data()).startsWith("{\"reason\":\"trimmed\",\"requested\":\"" + trimmed + "\"");
        }
    }

    @Test
    void draining() throws Exception {
        assumeFalse(wire.jdkHttp2(), "the JDK's client may forget the last frame when the server says goodbye");
        start(options -> options);
        try (Answer answer = client.get("/realtime/stream", ALICE)) {
            FrameReader frames = live(answer);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway.gateway()::close);
            requireClose(frames, "draining");
            closing.join();
        }
    }

    @Test
    void rotated() throws IOException {
        start(options -> options.withLimits(StreamLimits.DEFAULTS.withLifetime(Duration.ofSeconds(1))));
        try (Answer answer = client.get("/realtime/stream", ALICE)) {
            requireClose(live(answer), "rotated");
        }
    }

    @Test
    void expired() throws IOException {
        start(options -> options);
        String soon = TestGateway.bearer(new JWTClaimsSet.Builder()
                .claim("org_id", "acme")
                .expirationTime(TestGateway.in(Duration.ofSeconds(2))));
        try (Answer answer = client.get("/realtime/stream", "Authorization", soon)) {
            requireClose(live(answer), "expired");
        }
    }

    @Test
    void revoked() throws IOException {
        start(options -> options);
        try (Answer answer = client.get("/realtime/stream", ALICE)) {
            FrameReader frames = live(answer);
            Answer revoked = client.ask(
                    "POST",
                    "/realtime/revocations",
                    "{\"org_id\":\"acme\",\"user_id\":\"alice\"}",
                    "Content-Type",
                    "application/json",
                    "Authorization",
                    TestGateway.bearer("_ops"));
            assertThat(revoked.status()).as(revoked.text()).isEqualTo(201);
            requireClose(frames, "revoked", false);
        }
    }

    @Test
    void limit() throws IOException {
        start(options -> options, "REALTIME_MAX_STREAMS_PER_USER", "1");
        try (Answer first = client.get("/realtime/stream", ALICE)) {
            live(first);
            Answer second = client.get("/realtime/stream", ALICE);
            assertThat(second.status()).isEqualTo(200);
            requireClose(second.frames(), "limit");
        }
    }

    @Test
    void unavailable() {
        String nobodyThere = "http://127.0.0.1:1/keys";
        gateway = wire.startWith(
                List.of("REALTIME_AUTH", "jwt", "REALTIME_JWKS_URL", nobodyThere), folder, options -> options);
        client = wire.client(gateway);
        String unknown = "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJvcmdfaWQiOiJhIn0.AAAA";
        Answer answer = client.get("/realtime/stream", "Authorization", unknown);
        assertThat(answer.status()).isEqualTo(200);
        requireClose(answer.frames(), "unavailable");
    }

    /** Over HTTP/2 this is one stream of a connection, whose others go on. */
    @Test
    void aStreamThatIsNotReadIsCutAtItsDeadlineAndNoOther() throws IOException {
        start(options -> options.withWriteDeadline(Duration.ofMillis(1_500)));
        try (Answer read = client.get("/realtime/stream?events=small", ALICE);
                Answer unread = client.get("/realtime/stream?events=large", ALICE)) {
            FrameReader frames = live(read);
            assertThat(unread.status()).isEqualTo(200);
            String large = "{\"event\":\"large\",\"payload\":\"" + "x".repeat(1_000_000) + "\"}";
            String operator = TestGateway.bearer("_ops");
            for (int i = 0; i < 30; i++) {
                assertThat(client.post(large, ALICE).status()).isEqualTo(201);
            }
            org.awaitility.Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> client.get("/metrics", "Authorization", operator)
                            .text()
                            .contains("realtime_stream_closes_total{reason=\"slow\"} 1.0"));
            String cursor = client.publish("small", ALICE);
            assertThat(frames.nextTold().id()).isEqualTo(cursor);
        }
    }

    private void start(UnaryOperator<EndpointOptions> adjust, String... settings) {
        gateway = wire.start(folder, adjust, settings);
        client = wire.client(gateway);
    }

    private void requireGap(String reason, String cursor, String head) throws IOException {
        try (Answer answer = client.get("/realtime/stream", "Last-Event-ID", cursor, ALICE[0], ALICE[1])) {
            assertThat(answer.status()).isEqualTo(200);
            FrameReader frames = answer.frames();
            Frame gap = frames.next();
            assertThat(gap.event()).isEqualTo("realtime.gap");
            assertThat(gap.id()).isNull();
            assertThat(gap.data())
                    .startsWith("{\"reason\":\"" + reason + "\",\"requested\":\"" + cursor + "\",\"floor\":")
                    .endsWith(",\"head\":\"" + head + "\"}");
            Frame open = frames.next();
            assertThat(open.event()).isEqualTo("realtime.open");
            assertThat(open.id()).isEqualTo(head);
            assertThat(frames.next().event()).isEqualTo("realtime.live");
        }
    }

    private static FrameReader live(Answer answer) {
        FrameReader frames = answer.frames();
        assertThat(frames.next().event()).isEqualTo("realtime.open");
        assertThat(frames.next().event()).isEqualTo("realtime.live");
        return frames;
    }

    /** The farewell, and then the end: in good order, so that a browser comes back. */
    private static void requireClose(FrameReader frames, String reason) {
        requireClose(frames, reason, true);
    }

    private static void requireClose(FrameReader frames, String reason, boolean reconnect) {
        Frame close = frames.nextTold();
        assertThat(close.event()).isEqualTo("realtime.close");
        assertThat(close.data()).isEqualTo("{\"reason\":\"" + reason + "\",\"reconnect\":" + reconnect + "}");
        assertThat(Integer.parseInt(close.retry())).isPositive();
        assertThat(frames.next()).isNull();
    }
}
