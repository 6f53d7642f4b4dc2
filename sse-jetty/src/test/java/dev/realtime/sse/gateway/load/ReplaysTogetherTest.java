package dev.realtime.sse.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One replay at once: it is a client's that does not read, until that leaves. */
@ExtendWith(LeakCheck.class)
class ReplaysTogetherTest {
    private static final int WAITING = 10;

    private final TestGateway gateway =
            TestGateway.start(options -> options.withHeartbeat(Duration.ofMillis(200)), "REALTIME_MAX_REPLAYS", "1");
    private final Socket unread = new Socket();
    private String start;

    @BeforeEach
    void oneThatReplays() throws IOException {
        start = gateway.publish("first");
        String large = "{\"event\":\"large\",\"payload\":\"" + "x".repeat(900_000) + "\"}";
        for (int i = 0; i < 10; i++) {
            assertThat(gateway.post(large).statusCode()).isEqualTo(201);
        }
        unread.setReceiveBufferSize(4_096);
        unread.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), gateway.gateway().port()));
        StreamClient.send(unread, "/realtime/stream", "Last-Event-ID", start);
        await("realtime_replays 1.0");
    }

    @AfterEach
    void stop() throws IOException {
        unread.close();
        gateway.close();
    }

    @Test
    void whoComesBackMeanwhileWaitsOpenAndMissesNothing() throws IOException {
        String before = gateway.publish("small");
        List<StreamClient> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            // Opening returns when the headers are there.
            waiting.add(gateway.stream("?events=small", "Last-Event-ID", start));
        }
        await("realtime_replays_waiting 3.0");
        gateway.stream("?events=small").awaitLive();
        String after = gateway.publish("small");
        assertThat(metrics()).contains("realtime_replays_waiting 3.0");

        unread.close();

        for (StreamClient stream : waiting) {
            Frame open = next(stream);
            assertThat(open.event()).isEqualTo("realtime.open");
            assertThat(open.id()).isEqualTo(start);
            assertThat(next(stream).id()).isEqualTo(before);
            Frame third = next(stream);
            Frame fourth = next(stream);
            assertThat(List.of(String.valueOf(third.id()), String.valueOf(fourth.id())))
                    .contains(after);
            assertThat(List.of(String.valueOf(third.event()), String.valueOf(fourth.event())))
                    .contains("realtime.live");
        }
        await("realtime_replays 0.0");
        await("realtime_replays_waiting 0.0");
    }

    @Test
    void beyondThoseWhoWaitABrowserIsToldWhenToComeBackAndAClientThatReadsStatusCodesGetsOne() {
        List<StreamClient> waiting = new ArrayList<>();
        for (int i = 0; i < WAITING; i++) {
            waiting.add(gateway.stream("?events=small", "Last-Event-ID", start));
        }
        StreamClient browser = gateway.stream("?lastEventId=" + start);
        assertThat(browser.statusLine()).isEqualTo("HTTP/1.1 200 OK");
        Frame close = browser.next();
        assertThat(close.event()).isEqualTo("realtime.close");
        assertThat(close.data()).isEqualTo("{\"reason\":\"limit\",\"reconnect\":true}");
        assertThat(Integer.parseInt(close.retry())).isBetween(30_000, 90_000);
        assertThat(browser.next()).isNull();

        HttpResponse<String> fetch = gateway.get("/realtime/stream?client=fetch", "Last-Event-ID", start);
        assertThat(fetch.statusCode()).isEqualTo(429);
        assertThat(fetch.headers().firstValue("Retry-After")).hasValue("30");
        assertThat(fetch.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(fetch.body()).contains("\"code\":\"too_many_replays\"", "\"limit\":1}");
        assertThat(metrics()).contains("realtime_streams_refused_total{limit=\"replays\"} 2.0");

        // One that leaves while it waits makes room, as soon as a heartbeat finds nobody.
        waiting.get(0).close();
        await("realtime_replays_waiting 9.0");
        assertThat(gateway.stream("?events=small", "Last-Event-ID", start).statusLine())
                .isEqualTo("HTTP/1.1 200 OK");
        await("realtime_replays_waiting 10.0");
        waiting.forEach(StreamClient::close);
    }

    @Test
    void aDrainReachesThoseWhoWait() {
        StreamClient waiting = gateway.stream("?events=small", "Last-Event-ID", start);
        await("realtime_replays_waiting 1.0");
        gateway.gateway().close();
        Frame close = next(waiting);
        assertThat(close.event()).isEqualTo("realtime.close");
        assertThat(close.data()).contains("\"draining\"");
    }

    /** Heartbeats are no frames: comments while it waits, and marks later. */
    private static Frame next(StreamClient stream) {
        Frame frame = stream.next();
        while (frame.isHeartbeat()) {
            frame = stream.next();
        }
        return frame;
    }

    private void await(String figure) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(metrics()).contains(figure + "\n"));
    }

    private String metrics() {
        return gateway.get("/metrics").body();
    }
}
