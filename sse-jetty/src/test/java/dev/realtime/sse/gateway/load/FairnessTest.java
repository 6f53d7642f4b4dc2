package dev.realtime.sse.gateway.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One organisation, or one credential, that takes all it can get. */
@ExtendWith(LeakCheck.class)
class FairnessTest {
    private static final int BODY_BYTES = 50_000;
    private static final String GREEDY = TestGateway.bearer("greedy");
    private static final String OTHER = TestGateway.bearer("other");

    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void leave() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void slowBodiesOfOneOrganisationKeepNoOtherFromPublishing() throws IOException {
        try (TestGateway gateway = TestGateway.startWithTokens(
                "REALTIME_MAX_PAYLOAD_BYTES", "1024", "REALTIME_BODIES_MAX_BYTES", "2000000")) {
            for (int i = 0; i < 250; i++) {
                beginToPost(gateway);
            }
            await(() -> assertThat(gateway.get("/metrics", "Authorization", TestGateway.bearer("_ops"))
                            .body())
                    .containsPattern("realtime_bodies_refused_total 2\\d\\d\\.0"));

            for (int i = 0; i < 66; i++) {
                HttpResponse<String> answer =
                        gateway.post("[" + " ".repeat(BODY_BYTES) + "{\"event\":\"e\"}]", "Authorization", OTHER);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
            }
        }
    }

    @Test
    void aCredentialThatAsksForTooMuchIsToldAndOthersAreServed() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_REQUESTS_PER_SECOND", "10")) {
            String many = "[" + "{\"event\":\"e\"},".repeat(999) + "{\"event\":\"e\"}]";
            assertThat(gateway.post(many, "Authorization", GREEDY).statusCode()).isEqualTo(201);

            HttpResponse<String> refused = gateway.post(many, "Authorization", GREEDY);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("\"code\":\"too_many_requests\"", "\"limit\":10");
            assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(gateway.get("/realtime/position", "Authorization", GREEDY)
                            .statusCode())
                    .isEqualTo(429);
            assertThat(gateway.get("/realtime/stream?client=fetch", "Authorization", GREEDY)
                            .statusCode())
                    .isEqualTo(429);
            StreamClient browser = gateway.stream("", "Authorization", GREEDY);
            assertThat(browser.next().data()).contains("\"limit\"");

            assertThat(gateway.post(many, "Authorization", OTHER).statusCode()).isEqualTo(201);
        }
    }

    private void beginToPost(TestGateway gateway) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port());
        sockets.add(socket);
        String head = "POST /realtime/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + GREEDY
                + "\r\nContent-Type: application/json\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n";
        socket.getOutputStream().write((head + "[" + " ".repeat(40_000)).getBytes(US_ASCII));
    }

    private static void await(ThrowingRunnable isTrue) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(isTrue);
    }
}
