package dev.realtime.sse.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway of which nobody said who may call. */
class StartKeyTest {
    private static final String LISTED = "http://localhost:3000";

    private static TestGateway gateway;
    private static String pathWithKey;
    private static String key;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startUnsaid("REALTIME_ALLOWED_ORIGINS", LISTED);
        String address = gateway.gateway().addressWithKey().orElseThrow().toString();
        pathWithKey = address.substring(gateway.gateway().address().toString().length());
        key = address.substring(address.indexOf("?key=") + 5);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static String cookie() {
        return "realtime_key_" + gateway.gateway().port() + "=" + key;
    }

    @Test
    void theKeyIsLongAndAnotherOneAtEachStart() {
        assertThat(pathWithKey).matches("/\\?key=[A-Za-z0-9_-]{43}");
        try (TestGateway other = TestGateway.startUnsaid()) {
            assertThat(other.gateway().addressWithKey().orElseThrow().toString())
                    .doesNotContain(key);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metrics", "/realtime/stream", "/realtime/stream?client=fetch", "/realtime/position"})
    void nothingIsReadWithoutIt(String path) {
        HttpResponse<String> refused = gateway.get(path);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"auth_not_configured\"", "REALTIME_AUTH");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/realtime/events", "/realtime/tickets", "/realtime/revocations"})
    void nothingIsPublishedGivenOrRevokedWithoutIt(String path) {
        String body = path.endsWith("events") ? "{\"event\":\"a\"}" : "{\"org_id\":\"default\"}";
        HttpResponse<String> refused = gateway.call("POST", path, body, "Content-Type", "application/json");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"auth_not_configured\"");
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization, Bearer",
        "Authorization, Bearer wrong",
        "Authorization, Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Authorization, Basic d3Jvbmc6d3Jvbmc=",
        "Cookie, realtime_token=wrong",
    })
    void nothingElseIsLetIn(String header, String value) {
        assertThat(gateway.get("/realtime/position", header, value).statusCode())
                .isEqualTo(403);
    }

    @Test
    void otherClientsSendItAsAToken() {
        String bearer = "Bearer " + key;
        gateway.publish("by.token", "Authorization", bearer);
        assertThat(gateway.get("/metrics", "Authorization", bearer, "Host", "a.example")
                        .statusCode())
                .isEqualTo(200);
        try (StreamClient stream = gateway.stream("", "Authorization", bearer)) {
            assertThat(stream.statusLine()).contains("200");
        }
    }

    @Test
    void thePagesAddressGivesACookieThatScriptsAndOtherSitesDoNotHave() {
        HttpResponse<String> page = gateway.get(pathWithKey);
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Referrer-Policy")).hasValue("no-referrer");
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(page.body()).doesNotContain(key);
        assertThat(page.headers().firstValue("Set-Cookie")).hasValue(cookie() + "; Path=/; HttpOnly; SameSite=Strict");

        assertThat(gateway.get("/", "Cookie", cookie()).statusCode()).isEqualTo(200);
        gateway.publish("by.cookie", "Cookie", cookie(), "Origin", "http://127.0.0.1:" + port());
        assertThat(gateway.get("/readyz", "Cookie", cookie()).body()).contains("\"transport\":\"memory\"");
        try (StreamClient stream = gateway.stream("", "Cookie", cookie())) {
            assertThat(stream.statusLine()).contains("200");
        }
    }

    @Test
    void anotherGatewaysCookieIsNotOurs() {
        String elsewhere = "realtime_key_1=" + key;
        assertThat(gateway.get("/", "Cookie", elsewhere).statusCode()).isEqualTo(403);
        assertThat(gateway.get("/", "Cookie", elsewhere + "; " + cookie()).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "http://127.0.0.1:1", "null"})
    void theCookieIsForOurPagesAndListedOnes(String origin) {
        HttpResponse<String> refused = gateway.post("{\"event\":\"a\"}", "Cookie", cookie(), "Origin", origin);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"origin_not_allowed\"");
        assertThat(gateway.post("{\"event\":\"a\"}", "Cookie", cookie(), "Origin", LISTED)
                        .statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?key=wrong", "/?key=", "/?key=%zz", "/?key=wrong&key=wrong"})
    void aWrongKeyInTheAddressIsRefusedAndNotRepeated(String path) {
        HttpResponse<String> refused = gateway.get(path.replace("%", "%25"));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(refused.body()).doesNotContain("wrong");
        assertThat(gateway.raw("GET " + path + " HTTP/1.1")).containsPattern("^HTTP/1.1 4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/realtime/stream", "/realtime/position", "/metrics", "/assets/page.js"})
    void onlyThePageTakesItFromItsAddress(String path) {
        HttpResponse<String> answer = gateway.get(path + "?key=" + key);
        assertThat(answer.body()).doesNotContain(key);
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(answer.statusCode()).isNotEqualTo(path.startsWith("/assets") ? 403 : 200);
    }

    private static int port() {
        return gateway.gateway().port();
    }
}
