package dev.realtime.sse.gateway;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.settings.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A proxy in front takes a path away: the cookie and the live page are where the browser sees them. */
class PathPrefixesTest {
    private static final String HEADER = "X-Forwarded-Prefix";
    private static TestGateway trusting;
    private static TestGateway trustingNobody;
    private static TestGateway set;

    @BeforeAll
    static void start() {
        trusting = TestGateway.startWithTokens("REALTIME_TRUSTED_PROXIES", "127.0.0.1");
        trustingNobody = TestGateway.startWithTokens();
        set = TestGateway.startWithTokens("REALTIME_PATH_PREFIX", "/rt/v1/", "REALTIME_TRUSTED_PROXIES", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        List.of(trusting, trustingNobody, set).forEach(TestGateway::close);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/app           | /app",
                "/app/          | /app",
                "/a, /b/c       | /a/b/c",
                "/              | ''",
                "''             | ''",
                "//evil.example | ''",
                "/a;Domain=evil.example | ''",
                "/a/../b        | ''",
                "evil           | ''",
            })
    void aTrustedProxySaysWhatItTakesAway(String said, String prefix) {
        assertThat(cookie(trusting, HEADER, said)).contains("; Path=" + prefix + "/realtime/stream; ");
        assertThat(cookie(trustingNobody, HEADER, said)).contains("; Path=/realtime/stream; ");
        assertThat(cookie(set, HEADER, said)).contains("; Path=/rt/v1/realtime/stream; ");
        String base = prefix.isEmpty() ? "" : prefix + "/";
        assertThat(page(trusting, HEADER, said))
                .contains("src=\"" + base + "assets/page.js\"", "href=\"" + base + "assets/page.css\"")
                .doesNotContain("{base}", "evil");
        assertThat(page(trustingNobody, HEADER, said)).contains("src=\"assets/page.js\"");
        assertThat(page(set, HEADER, said)).contains("src=\"/rt/v1/assets/page.js\"");
    }

    @Test
    void whatIsNoPathIsAStartError() {
        for (String wrong : List.of("app", "//a", "/a;b", "/../a", "/" + "a".repeat(200))) {
            assertThatThrownBy(() -> GatewaySettings.from(Settings.of(Map.of("REALTIME_PATH_PREFIX", wrong))))
                    .hasMessageStartingWith("REALTIME_PATH_PREFIX: '")
                    .hasMessageContaining("it is a path such as /app, of at most 200 characters");
        }
    }

    private static String cookie(TestGateway gateway, String... headers) {
        String ticket = gateway.call("POST", "/realtime/tickets", null, "Authorization", bearer("acme"))
                .body()
                .replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
        try (StreamClient stream = gateway.stream("?ticket=" + ticket, headers)) {
            return stream.header("Set-Cookie");
        }
    }

    private static String page(TestGateway gateway, String... headers) {
        List<String> all = new ArrayList<>(List.of("Authorization", bearer("_ops")));
        all.addAll(Arrays.asList(headers));
        return gateway.get("/", all.toArray(String[]::new)).body();
    }
}
