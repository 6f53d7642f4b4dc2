package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.transport.event.Event;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The endpoint in a container that is not Jetty. */
class TomcatEndpointTest {
    private static final EndpointOptions OPTIONS = EndpointOptions.DEFAULTS.withHeartbeat(Duration.ofMillis(300));

    private TomcatEndpoint tomcat = TomcatEndpoint.start(OPTIONS);

    @AfterEach
    void stop() {
        tomcat.close();
    }

    @Test
    void aStreamOpensAndIsToldItIsLive() {
        StreamClient stream = tomcat.stream("");
        assertThat(stream.statusLine()).isEqualTo("HTTP/1.1 200");
        assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(stream.header("Cache-Control")).isEqualTo("no-cache, no-transform");
        assertThat(stream.header("X-Accel-Buffering")).isEqualTo("no");
        assertThat(stream.next().event()).isEqualTo("realtime.open");
        assertThat(stream.next().event()).isEqualTo("realtime.live");
    }

    @Test
    void everyEventComesOnceAndInOrder() {
        StreamClient stream = tomcat.stream("");
        stream.awaitLive();
        List<String> cursors = IntStream.range(0, 5_000)
                .mapToObj(number -> tomcat.publish("e" + number))
                .toList();
        assertThat(cursors)
                .allSatisfy(cursor -> assertThat(nextEvent(stream).id()).isEqualTo(cursor));
    }

    @Test
    void eventsLargerThanTheContainersBuffersComeWhole() {
        StreamClient stream = tomcat.stream("");
        stream.awaitLive();
        String payload = "\"" + "x".repeat(300_000) + "\"";
        for (int i = 0; i < 20; i++) {
            String cursor = tomcat.publish(Event.of("acme", "large").withPayload(payload));
            StreamClient.Frame frame = nextEvent(stream);
            assertThat(frame.id()).isEqualTo(cursor);
            assertThat(frame.data()).contains(payload);
        }
    }

    @Test
    void aStreamGoesOnAfterTheLastEventThatItsClientHas() {
        String first = tomcat.publish("first");
        String second = tomcat.publish("second");
        String third = tomcat.publish("third");
        StreamClient stream = tomcat.stream("", "Last-Event-ID", first);
        assertThat(stream.next().data()).contains("\"resumed\":true");
        assertThat(nextEvent(stream).id()).isEqualTo(second);
        assertThat(nextEvent(stream).id()).isEqualTo(third);
    }

    @Test
    void aClientThatLeavesLeavesNoStream() {
        StreamClient stream = tomcat.stream("");
        stream.awaitLive();
        stream.close();
        await().atMost(Duration.ofSeconds(10)).until(() -> tomcat.endpoint().streams() == 0);
        await().atMost(Duration.ofSeconds(10)).until(() -> tomcat.connections() == 0);
    }

    @Test
    void aStalledReaderHoldsUpNobodyAndIsEndedAtItsDeadline() throws Exception {
        restart(OPTIONS.withWriteDeadline(Duration.ofSeconds(1)), "connectionTimeout", "3000");
        StreamClient other = tomcat.stream("?events=small");
        other.awaitLive();
        try (Socket stalled = stalledReader()) {
            String cursor = tomcat.publish("small");
            assertThat(nextEvent(other).id()).isEqualTo(cursor);
            await().atMost(Duration.ofSeconds(10)).until(() -> tomcat.ended("slow") == 1);
            assertThat(tomcat.endpoint().streams()).isEqualTo(1);
            await().atMost(Duration.ofSeconds(10)).until(() -> tomcat.connections() == 1);
            assertThat(stalled.isClosed()).isFalse();
        }
    }

    @Test
    void aStalledReaderThatWasCutHoldsNoThreadOfTheContainer() throws Exception {
        restart(
                OPTIONS.withWriteDeadline(Duration.ofSeconds(1)),
                "connectionTimeout",
                "60000",
                "minSpareThreads",
                "1",
                "maxThreads",
                "1");
        try (Socket stalled = stalledReader()) {
            await().atMost(Duration.ofSeconds(10)).until(() -> tomcat.ended("slow") == 1);
            tomcat.stream("").awaitLive();
            assertThat(stalled.isClosed()).isFalse();
        }
    }

    @Test
    void drainingTellsEveryStreamToComeBack() {
        StreamClient stream = tomcat.stream("");
        stream.awaitLive();
        tomcat.endpoint().drain(Duration.ofSeconds(10));
        StreamClient.Frame close = stream.next();
        assertThat(close.event()).isEqualTo("realtime.close");
        assertThat(close.data()).contains("\"draining\"");
        assertThat(stream.next()).isNull();
        assertThat(tomcat.endpoint().streams()).isZero();
    }

    @Test
    void postingPublishes() throws Exception {
        StreamClient stream = tomcat.stream("");
        stream.awaitLive();
        HttpResponse<String> answer = post("/realtime/events", "{\"event\":\"posted\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).contains(nextEvent(stream).id());
    }

    @Test
    void aTicketOpensAStream() throws Exception {
        restart(OPTIONS.withTickets(TicketKey.of(new byte[32])));
        HttpResponse<String> answer = post("/realtime/tickets", "");
        assertThat(answer.statusCode()).isEqualTo(201);
        String ticket = answer.body().replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
        StreamClient stream = tomcat.stream("?ticket=" + ticket);
        stream.awaitLive();
        assertThat(stream.header("Set-Cookie"))
                .as("without an expiry of the credential's, the browser's session is what it holds for")
                .startsWith("realtime_resume_")
                .doesNotContain("Max-Age", "Expires");
        String cursor = tomcat.publish("heard");
        assertThat(nextEvent(stream).id()).isEqualTo(cursor);
        assertThat(tomcat.stream("?client=fetch&ticket=" + ticket).statusLine()).startsWith("HTTP/1.1 401");
    }

    @Test
    void whatIsWrongIsSaidAsAProblem() throws Exception {
        HttpResponse<String> answer = post("/realtime/events", "{\"event\":");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.body()).contains("\"code\":\"body_not_json\"", "\"title\":\"Bad Request\"");
    }

    private void restart(EndpointOptions options, String... connectorProperties) {
        tomcat.close();
        tomcat = TomcatEndpoint.start(options, connectorProperties);
    }

    /** A client that opens a stream and never reads it, with more published than its socket takes. */
    private Socket stalledReader() throws Exception {
        int before = tomcat.endpoint().streams();
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), tomcat.port()));
        StreamClient.send(socket, "/realtime/stream?events=big");
        await().until(() -> tomcat.endpoint().streams() == before + 1);
        String payload = "\"" + "x".repeat(900_000) + "\"";
        for (int i = 0; i < 10; i++) {
            tomcat.publish(Event.of("acme", "big").withPayload(payload));
        }
        return socket;
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + tomcat.port() + path))
                                .timeout(Duration.ofSeconds(20))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    /** The next event: no heartbeat, nothing of the stream itself. */
    private static StreamClient.Frame nextEvent(StreamClient stream) {
        StreamClient.Frame frame = stream.next();
        while (frame.data() == null || (frame.event() != null && frame.event().startsWith("realtime."))) {
            frame = stream.next();
        }
        return frame;
    }
}
