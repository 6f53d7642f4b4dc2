package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.FrameReader;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.equipment.Wire;
import dev.realtime.sse.gateway.equipment.WireClient;
import dev.realtime.sse.gateway.equipment.WireClient.Answer;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.Filter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever is allowed by itself is allowed together, and what is too much is told as such. */
@Timeout(60)
class HeadLimitsTest {
    private static final List<String> LONGEST = IntStream.range(0, Filter.MAX_PATTERNS)
            .mapToObj(i -> "t" + i
                    + ":"
                            .repeat(FieldRules.MAX_NAME_LENGTH
                                    - 1
                                    - Integer.toString(i).length()) + "*")
            .toList();

    @TempDir
    private Path folder;

    private TestGateway gateway;

    @AfterEach
    void stop() {
        gateway.close();
    }

    private static String largestToken() {
        return TestGateway.bearer(new JWTClaimsSet.Builder()
                .claim("org_id", "o".repeat(FieldRules.MAX_NAME_LENGTH))
                .subject("u".repeat(FieldRules.MAX_USER_ID_LENGTH))
                .claim("topics", LONGEST)
                .claim("publish_topics", LONGEST));
    }

    /** Each character in the form of three, which is what some encoders make of a colon, a comma or a star. */
    private static String encoded(List<String> patterns) {
        return String.join(",", patterns)
                .chars()
                .mapToObj(c -> String.format(Locale.ROOT, "%%%02X", c))
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @CsvSource({"HTTP_1_1, Authorization", "HTTP_1_1, Cookie", "H2, Authorization", "H2, Cookie"})
    void theLargestOfEverythingThatIsAllowedIsAllowedTogether(Wire wire, String header) throws Exception {
        gateway = wire.start(folder, options -> options);
        String token = largestToken();
        String value = header.equals("Cookie")
                ? "realtime_token=" + token.substring(7) + "; other=" + "x".repeat(4_000)
                : token;
        String query = "?client=fetch&named=true&topics=" + encoded(LONGEST) + "&events=" + encoded(LONGEST)
                + "&lastEventId=" + "%61".repeat(64);
        try (WireClient client = wire.client(gateway);
                Answer answer = client.get("/realtime/stream" + query, header, value)) {
            assertThat(answer.status()).isEqualTo(200);
            FrameReader frames = answer.frames();
            assertThat(frames.next().event()).isEqualTo("realtime.gap");
            assertThat(frames.next().event()).isEqualTo("realtime.open");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "H2"})
    void aLongerRequestLineIsRefusedForGoodWithItsLimit(Wire wire) throws Exception {
        gateway = wire.start(folder, options -> options);
        try (WireClient client = wire.client(gateway)) {
            Answer answer = client.get("/realtime/stream?topics=" + "x".repeat(GatewayPort.HEAD_BYTES));
            assertThat(answer.status()).isEqualTo(414);
            requireProblem(answer, "uri_too_long", "uri");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_1_1_OVER_TLS", "H2"})
    void longerHeadersAreRefusedForGoodWithTheirLimit(Wire wire) throws Exception {
        gateway = wire.start(folder, options -> options);
        try (WireClient client = wire.client(gateway)) {
            Answer answer =
                    client.get("/realtime/stream", "Authorization", "Bearer " + "x".repeat(GatewayPort.HEAD_BYTES));
            assertThat(answer.status()).isEqualTo(431);
            requireProblem(answer, "head_too_large", "headers");
        }
    }

    private static void requireProblem(Answer answer, String code, String field) {
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(answer.text())
                .contains(
                        "\"code\":\"" + code + "\"",
                        "\"field\":\"" + field + "\"",
                        "\"limit\":" + GatewayPort.HEAD_BYTES)
                .matches(text -> Long.parseLong(text.replaceAll(".*\"size\":(\\d+).*", "$1")) > GatewayPort.HEAD_BYTES);
    }
}
