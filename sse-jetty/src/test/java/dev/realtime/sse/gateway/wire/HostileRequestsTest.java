package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a page elsewhere, a proxy's other reading of a head, or a client that does not let go could make of a request. */
class HostileRequestsTest {
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS_PER_ADDRESS", "1");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /healthz HTTP/1.1\nHost: localhost\r\n\r\n",
                "GET /healthz HTTP/1.1\r\nHost: localhost\n\r\n",
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\n",
                "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\n\r\n0\r\n\r\n",
            })
    void aHeadWhoseLinesEndInABareLfIsRefused(String head) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400").contains("nosniff", "application/problem+json");
        }
    }

    @ParameterizedTest
    @CsvSource({"/realtime/events, gzip", "/realtime/events, x-none", "/realtime/revocations, br"})
    void anEncodedBodyIsRefusedByItsCode(String path, String encoding) {
        String bearer = TestGateway.bearer("_ops");
        HttpResponse<String> answer = gateway.call(
                "POST",
                path,
                "x",
                "Authorization",
                bearer,
                "Content-Type",
                "application/json",
                "Content-Encoding",
                encoding);
        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body()).contains("\"code\":\"unsupported_content_encoding\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/nope", "/healthz", "/", "/realtime/stream", "/realtime/realtime.js", "/realtime/stream/x"})
    void noAnswerIsGuessedAt(String path) {
        assertThat(gateway.get(path).headers().allValues("X-Content-Type-Options"))
                .containsExactly("nosniff");
    }

    @ParameterizedTest
    @CsvSource({
        "cross-site, image, no-cors, 403",
        "same-site, image, no-cors, 403",
        "cross-site, empty, no-cors, 403",
        "cross-site, iframe, navigate, 403",
        "same-origin, empty, cors, 200",
        "none, document, navigate, 200",
        "cross-site, document, navigate, 200",
    })
    void whatAPageElsewhereOnlyEmbedsTakesNoSeat(String site, String destination, String mode, int status) {
        String cookie = "realtime_token=" + TestGateway.bearer("acme").substring("Bearer ".length());
        String[] headers = {
            "Cookie", cookie, "Sec-Fetch-Site", site, "Sec-Fetch-Dest", destination, "Sec-Fetch-Mode", mode
        };
        awaitNoStream();
        try (StreamClient stream = gateway.stream("", headers)) {
            assertThat(stream.statusLine()).contains(Integer.toString(status));
            if (status != 200) {
                assertThat(gateway.gateway().streams()).isZero();
            }
        }
        assertThat(gateway.get("/realtime/position", headers).statusCode()).isEqualTo(status);
    }

    @Test
    void whoSpeaksOnAfterTheFarewellIsCutAllTheSame() throws IOException {
        String bearer = TestGateway.bearer("acme");
        awaitNoStream();
        try (StreamClient first = gateway.stream("", "Authorization", bearer);
                Socket second = new Socket(
                        InetAddress.getLoopbackAddress(), gateway.gateway().port())) {
            assertThat(first.statusLine()).contains("200");
            StreamClient.send(second, "/realtime/stream", "Authorization", bearer);
            second.setSoTimeout(20_000);
            assertThat(new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("realtime.close", "limit");
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(100))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> isCut(second));
        }
    }

    private static boolean isCut(Socket socket) throws IOException {
        try {
            socket.getOutputStream().write('x');
            return false;
        } catch (SocketException cut) {
            return true;
        }
    }

    private static void awaitNoStream() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> gateway.gateway().streams() == 0);
    }
}
