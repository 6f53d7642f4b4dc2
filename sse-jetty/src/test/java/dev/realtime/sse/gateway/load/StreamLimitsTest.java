package dev.realtime.sse.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.StreamLimits;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
class StreamLimitsTest {
    private static final String[] ALICE = {"Authorization", TestGateway.bearer("acme", "alice")};
    private static final String[] BOB = {"Authorization", TestGateway.bearer("acme", "bob")};
    private static final String[] CAROL = {"Authorization", TestGateway.bearer("globex", "carol")};

    @Test
    void aBrowserWithAStreamTooManyIsToldWhenToComeBackAndLivesOn() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS_PER_USER", "2")) {
            gateway.stream("", ALICE).awaitLive();
            gateway.stream("", ALICE).awaitLive();

            StreamClient third = gateway.stream("", ALICE);
            assertThat(third.statusLine()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(third.header("Content-Type")).startsWith("text/event-stream");
            StreamClient.Frame only = third.next();
            assertThat(only.event()).isEqualTo("realtime.close");
            assertThat(only.data()).isEqualTo("{\"reason\":\"limit\",\"reconnect\":true}");
            assertThat(Integer.parseInt(only.retry())).isBetween(30_000, 90_000);
            assertThat(third.next()).isNull();

            gateway.stream("", BOB).awaitLive();
        }
    }

    @Test
    void aClientThatReadsStatusCodesGetsOne() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS_PER_USER", "1")) {
            gateway.stream("", ALICE).awaitLive();

            HttpResponse<String> answer = gateway.get("/realtime/stream?client=fetch", ALICE);
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.headers().firstValue("Retry-After")).hasValue("30");
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(answer.body())
                    .contains("\"code\":\"too_many_streams\"", "\"limit\":1", "this user has 1 streams open");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "REALTIME_MAX_STREAMS, process",
        "REALTIME_MAX_STREAMS_PER_ORG, organisation",
        "REALTIME_MAX_STREAMS_PER_ADDRESS, address",
    })
    void everyLimitHoldsIsCountedAndGivesItsSeatBack(String key, String limit) {
        try (TestGateway gateway = TestGateway.startWithTokens(key, "2")) {
            StreamClient first = gateway.stream("", ALICE);
            first.awaitLive();
            gateway.stream("", BOB).awaitLive();
            assertThat(gateway.stream("", ALICE).next().event()).isEqualTo("realtime.close");
            assertThat(metrics(gateway)).contains("realtime_streams_refused_total{limit=\"" + limit + "\"} 1.0");

            first.close();
            // Heard of by the write that fails.
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                gateway.publish("look.again", ALICE);
                return gateway.stream("", ALICE).next().event().equals("realtime.open");
            });
        }
    }

    @Test
    void theyAreSentAwayInStreamsOnlyUpToALimitAndThoseThatLeaveMakeRoom() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS", "1")) {
            gateway.stream("", ALICE).awaitLive();
            List<StreamClient> staying = new ArrayList<>();
            StreamClient next = gateway.stream("", BOB);
            while (next.statusLine().contains("200") && staying.size() < 1_000) {
                staying.add(next);
                next = gateway.stream("", BOB);
            }
            assertThat(next.statusLine()).contains("503");
            assertThat(staying).hasSizeGreaterThanOrEqualTo(20).hasSizeLessThan(1_000);
            assertThat(metrics(gateway)).containsPattern("realtime_streams_refused_total\\{limit=\"farewells\"} [1-9]");
            assertThat(gateway.get("/realtime/stream?client=fetch", BOB).statusCode())
                    .isEqualTo(429);

            staying.forEach(StreamClient::close);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> gateway.stream("", BOB).statusLine().contains("200"));
        }
    }

    @Test
    void oneOrganisationsLimitIsNoAffairOfAnother() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS_PER_ORG", "1")) {
            gateway.stream("", ALICE).awaitLive();
            assertThat(gateway.stream("", BOB).next().event()).isEqualTo("realtime.close");
            gateway.stream("", CAROL).awaitLive();
        }
    }

    @Test
    void headTakesNoSeat() {
        try (TestGateway gateway = TestGateway.startWithTokens("REALTIME_MAX_STREAMS_PER_USER", "1")) {
            for (int i = 0; i < 3; i++) {
                assertThat(gateway.call("HEAD", "/realtime/stream", null, ALICE).statusCode())
                        .isEqualTo(200);
            }
            gateway.stream("", ALICE).awaitLive();
        }
    }

    @Test
    void aForwardedAddressCountsOnlyFromATrustedProxy() {
        String[] settings = {"REALTIME_AUTH", "none", "REALTIME_MAX_STREAMS_PER_ADDRESS", "1"};
        String[] one = {"X-Forwarded-For", "203.0.113.1"};
        String[] two = {"X-Forwarded-For", "203.0.113.2"};
        try (TestGateway gateway = TestGateway.start(settings)) {
            gateway.stream("", one).awaitLive();
            assertThat(gateway.stream("", two).next().event()).isEqualTo("realtime.close");
        }
        List<String> trusting = new ArrayList<>(List.of(settings));
        trusting.addAll(List.of("REALTIME_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1"));
        try (TestGateway gateway = TestGateway.start(trusting.toArray(String[]::new))) {
            gateway.stream("", one).awaitLive();
            gateway.stream("", two).awaitLive();
            assertThat(gateway.stream("", "X-Forwarded-For", "203.0.113.9, 203.0.113.2")
                            .next()
                            .event())
                    .as("what a client says of itself is no address")
                    .isEqualTo("realtime.close");
        }
    }

    @Test
    void aStreamIsRotatedInTheLastQuarterOfItsLife() {
        UnaryOperator<EndpointOptions> shortLived =
                options -> options.withLimits(StreamLimits.DEFAULTS.withLifetime(Duration.ofSeconds(2)));
        try (TestGateway gateway = TestGateway.start(shortLived)) {
            long begun = System.nanoTime();
            StreamClient stream = gateway.stream("");
            stream.awaitLive();
            StreamClient.Frame close = stream.next();
            Duration lived = Duration.ofNanos(System.nanoTime() - begun);
            assertThat(close.event()).isEqualTo("realtime.close");
            assertThat(close.data()).isEqualTo("{\"reason\":\"rotated\",\"reconnect\":true}");
            assertThat(lived).isGreaterThanOrEqualTo(Duration.ofMillis(1_500));
            assertThat(stream.next()).isNull();
        }
    }

    private static String metrics(TestGateway gateway) {
        return gateway.get("/metrics", "Authorization", TestGateway.bearer("_ops"))
                .body();
    }
}
