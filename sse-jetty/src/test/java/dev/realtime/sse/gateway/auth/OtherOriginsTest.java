package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of other origins, of apps, and of our own behind a proxy that names another host. */
class OtherOriginsTest {
    private static final String WEB = "https://app.example";
    private static final String COOKIE = "realtime_token=" + bearer("acme").substring("Bearer ".length());
    private static TestGateway gateway;
    private static TestGateway trusting;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens(
                "REALTIME_ALLOWED_ORIGINS",
                WEB
                        + ", capacitor://localhost,ionic://localhost,TAURI://localhost,app://.,app://my_app:1,chrome-extension://abc,"
                        + "file://,http://tauri.localhost,http://my_host:3000");
        trusting = TestGateway.startWithTokens("REALTIME_TRUSTED_PROXIES", "127.0.0.1");
    }

    @AfterAll
    static void stop() {
        gateway.close();
        trusting.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "traceparent, tracestate, baggage",
                "sentry-trace,baggage",
                "x-requested-with",
                "Cache-Control",
                "last-event-id, authorization, content-type",
                "x-datadog-trace-id, x-datadog-parent-id, b3, x-b3-traceid",
                "x-a-header-of-some-later-day",
            })
    void aListedOriginMaySendWhatItsLibrariesAdd(String headers) {
        for (String origin : List.of(WEB, "capacitor://localhost")) {
            HttpResponse<String> answer = preflight(origin, headers);
            assertThat(answer.headers().firstValue("Access-Control-Allow-Origin"))
                    .hasValue(origin);
            assertThat(allowed(answer)).containsAll(names(headers));
            assertThat(answer.headers().allValues("Vary")).contains("Origin", "Access-Control-Request-Headers");
        }
        HttpResponse<String> foreign = preflight("https://evil.example", headers);
        assertThat(foreign.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-forwarded-for",
                "X-Forwarded-Prefix",
                "forwarded",
                "x-real-ip",
                "sec-fetch-site",
                "a b",
                "a:b",
                ""
            })
    void butNothingThatSpeaksForAProxyOrIsNoName(String header) {
        HttpResponse<String> answer = preflight(WEB, header + ", traceparent");
        assertThat(allowed(answer))
                .containsExactlyInAnyOrder("authorization", "content-type", "last-event-id", "traceparent");
    }

    @Test
    void manyNamesAreBounded() {
        StringBuilder names = new StringBuilder("a");
        for (int i = 0; i < 400; i++) {
            names.append(",h").append(i);
        }
        assertThat(allowed(preflight(WEB, names.toString()))).hasSizeLessThanOrEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "capacitor://localhost",
                "ionic://localhost",
                "tauri://localhost",
                "app://.",
                "app://my_app:1",
                "chrome-extension://abc",
                "file://",
                "http://tauri.localhost",
                "http://my_host:3000"
            })
    void aPageInsideAnAppMayReadAndUseItsCookie(String origin) {
        HttpResponse<String> answer = gateway.post("{\"event\":\"a\"}", "Cookie", COOKIE, "Origin", origin);
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).hasValue(origin);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Credentials"))
                .hasValue("true");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"null", "capacitor://evil", "capacitor://127.0.0.1", "app://", "tauri://localhost:1", "://"})
    void oneThatIsNotListedMayNotWhateverItsHostIs(String origin) {
        String own = origin.equals("capacitor://127.0.0.1")
                ? origin + ":" + gateway.gateway().port()
                : origin;
        HttpResponse<String> answer = gateway.post("{\"event\":\"a\"}", "Cookie", COOKIE, "Origin", own);
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("origin_not_allowed");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @ParameterizedTest(name = "{0}, {1}: {3}")
    @CsvSource(
            nullValues = "-",
            value = {
                // What the browser says of the page, the host that a proxy says, and whether its origin is trusted
                // here.
                "https://app.example, same-origin, -, 201",
                "https://app.example:8443, same-origin, -, 201",
                "https://app.example, same-site, -, 403",
                "https://app.example, cross-site, -, 403",
                "https://app.example, none, -, 403",
                "https://app.example, anything, -, 403",
                "https://app.example, -, -, 403",
                "https://app.example, -, app.example, 201",
                "https://app.example, -, app.example:443, 201",
                "http://app.example, -, app.example:80, 201",
                "https://app.example:8443, -, app.example:8443, 201",
                "https://app.example, -, 'app.example, inner', 201",
                "https://app.example, cross-site, app.example, 403",
                "https://app.example, -, evil.example, 403",
                "https://evil.example, -, app.example, 403",
                "https://app.example:8443, -, app.example, 403",
                "null, same-origin, app.example, 403",
                "capacitor://app.example, same-origin, app.example, 403",
            })
    void behindAProxysOwnHostAPageOfOursIsKnown(String origin, String site, String host, int status) {
        List<String> headers = new ArrayList<>(List.of("Host", "127.0.0.1:8080", "Cookie", COOKIE, "Origin", origin));
        if (site != null) {
            headers.addAll(List.of("Sec-Fetch-Site", site));
        }
        if (host != null) {
            headers.addAll(List.of("X-Forwarded-Host", host));
        }
        assertThat(trusting.post("{\"event\":\"a\"}", headers.toArray(String[]::new))
                        .statusCode())
                .isEqualTo(status);
    }

    @Test
    void theHostThatAnybodyForwardsIsNotBelieved() {
        HttpResponse<String> answer = gateway.post(
                "{\"event\":\"a\"}",
                "Cookie",
                COOKIE,
                "Origin",
                "https://other.example",
                "X-Forwarded-Host",
                "other.example");
        assertThat(answer.statusCode()).isEqualTo(403);
    }

    private static HttpResponse<String> preflight(String origin, String headers) {
        return gateway.call(
                "OPTIONS",
                "/realtime/stream",
                null,
                "Origin",
                origin,
                "Access-Control-Request-Method",
                "GET",
                "Access-Control-Request-Headers",
                headers);
    }

    private static List<String> allowed(HttpResponse<String> preflight) {
        return names(
                preflight.headers().firstValue("Access-Control-Allow-Headers").orElseThrow());
    }

    private static List<String> names(String headers) {
        return Arrays.stream(headers.toLowerCase(Locale.ROOT).split(","))
                .map(String::strip)
                .toList();
    }
}
