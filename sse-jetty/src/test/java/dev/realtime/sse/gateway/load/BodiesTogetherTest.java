package dev.realtime.sse.gateway.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Bodies that are each of a size that is allowed, and too many together. */
@ExtendWith(LeakCheck.class)
class BodiesTogetherTest {
    private static final int LIMIT = 2_000_000;
    private static final int SLOW_ONES = 20;
    /** One fits into the three quarters that are for large ones, not two. */
    private static final String BODY = "[" + " ".repeat(999_000) + "{\"event\":\"large\"}]";

    private static final String FIRST = BODY.substring(0, 600_000);
    private static final String REST = BODY.substring(600_000);

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void leave() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void oneIsKeptTheOthersAreToldAndSmallOnesPass() throws IOException {
        try (TestGateway gateway = start(Duration.ofSeconds(30))) {
            StreamClient stream = gateway.stream("");
            stream.awaitLive();
            for (int i = 0; i < SLOW_ONES; i++) {
                say(posting(gateway, BODY.length()), FIRST);
            }
            await(gateway, "realtime_bodies_refused_total " + (SLOW_ONES - 1) + ".0");
            await(gateway, "realtime_bodies_bytes " + BODY.length() + ".0");
            gateway.publish("small");

            int published = 0;
            for (Socket socket : sockets) {
                say(socket, REST);
                String answer = answer(socket);
                if (answer.startsWith("HTTP/1.1 201 ")) {
                    published++;
                } else {
                    requireNoRoom(answer);
                }
            }
            assertThat(published).isEqualTo(1);
            gateway.publish("last");

            assertThat(stream.next().data()).contains("\"small\"");
            assertThat(stream.next().data()).contains("\"large\"");
            assertThat(stream.next().data()).contains("\"last\"");
            await(gateway, "realtime_bodies_bytes 0.0");
        }
    }

    @Test
    void whoIsRefusedAndStaysSlowIsToldAtTheDeadlineAndWhoIsKeptTimesOut() throws IOException {
        try (TestGateway gateway = start(Duration.ofSeconds(2))) {
            for (int i = 0; i < 5; i++) {
                say(posting(gateway, BODY.length()), FIRST);
            }
            List<String> late = new ArrayList<>();
            for (Socket socket : sockets) {
                String answer = answer(socket);
                if (answer.startsWith("HTTP/1.1 408 ")) {
                    late.add(answer);
                } else {
                    requireNoRoom(answer);
                }
            }
            assertThat(late).hasSize(1);
            await(gateway, "realtime_bodies_bytes 0.0");
        }
    }

    @Test
    void whateverEndsARequestGivesItsBytesBack() throws IOException {
        try (TestGateway gateway = start(Duration.ofSeconds(30))) {
            // its client leaves in the middle
            Socket leaving = posting(gateway, BODY.length());
            say(leaving, FIRST);
            await(gateway, "realtime_bodies_bytes " + BODY.length() + ".0");
            leaving.close();
            await(gateway, "realtime_bodies_bytes 0.0");

            // it is no JSON
            assertThat(gateway.post(FIRST).statusCode()).isEqualTo(400);
            await(gateway, "realtime_bodies_bytes 0.0");

            // it names another organisation
            assertThat(gateway.post("{\"event\":\"a\",\"org_id\":\"other\"}").statusCode())
                    .isEqualTo(403);
            await(gateway, "realtime_bodies_bytes 0.0");

            // it is larger than it said it would be, in chunks
            String chunk = "1000\r\n" + " ".repeat(4_096) + "\r\n";
            assertThat(gateway.raw(
                            "POST /realtime/events HTTP/1.1",
                            "Content-Type: application/json",
                            "Transfer-Encoding: chunked",
                            "",
                            chunk.repeat(300) + "0\r\n"))
                    .startsWith("HTTP/1.1 413 ");
            await(gateway, "realtime_bodies_bytes 0.0");

            // it says at once that it is too large
            assertThat(gateway.post("[" + BODY + " ".repeat(100_000) + "]").statusCode())
                    .isEqualTo(413);
            await(gateway, "realtime_bodies_bytes 0.0");

            // nothing is wrong with it; in chunks
            assertThat(gateway.raw(
                            "POST /realtime/events HTTP/1.1",
                            "Content-Type: application/json",
                            "Transfer-Encoding: chunked",
                            "",
                            Integer.toHexString(BODY.length()) + "\r\n" + BODY + "\r\n0\r\n"))
                    .startsWith("HTTP/1.1 201 ");
            await(gateway, "realtime_bodies_bytes 0.0");
            assertThat(metrics(gateway)).contains("realtime_bodies_refused_total 0.0");
        }
    }

    @Test
    void anHttp2StreamThatIsResetGivesItsBytesBack() throws Exception {
        try (TestGateway gateway = start(Duration.ofSeconds(30))) {
            HttpClient http = new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client()));
            http.start();
            try (AsyncRequestContent content =
                    new AsyncRequestContent("application/json", ByteBuffer.wrap(FIRST.getBytes(US_ASCII)))) {
                Request request = http.newRequest(URI.create(
                                "http://localhost:" + gateway.gateway().port() + "/realtime/events"))
                        .method("POST")
                        .headers(headers -> headers.put("Content-Length", Integer.toString(BODY.length())))
                        .body(content);
                request.send(result -> {});
                await(gateway, "realtime_bodies_bytes " + BODY.length() + ".0");
                request.abort(new IOException("the user has left"));
                await(gateway, "realtime_bodies_bytes 0.0");
            } finally {
                http.stop();
            }
        }
    }

    private static TestGateway start(Duration deadline) {
        return TestGateway.start(
                options -> options.withPublishDeadline(deadline),
                "REALTIME_MAX_PAYLOAD_BYTES",
                "1024",
                "REALTIME_BODIES_MAX_BYTES",
                Integer.toString(LIMIT));
    }

    private Socket posting(TestGateway gateway, int length) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port());
        sockets.add(socket);
        socket.setSoTimeout(20_000);
        say(
                socket,
                "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n");
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String answer(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    private static void requireNoRoom(String answer) {
        assertThat(answer)
                .startsWith("HTTP/1.1 503 ")
                .containsIgnoringCase("Retry-After: 1\r\n")
                .containsIgnoringCase("Content-Type: application/problem+json")
                .contains("\"code\":\"too_many_bodies\"", "\"limit\":" + LIMIT);
    }

    private static void await(TestGateway gateway, String figure) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(metrics(gateway)).contains(figure + "\n"));
    }

    private static String metrics(TestGateway gateway) {
        return gateway.get("/metrics").body();
    }
}
