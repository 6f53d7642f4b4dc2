package dev.realtime.sse.gateway.wire;

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

class StreamRulesTest {
    private static final String LISTED = "https://app.example";
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway =
                TestGateway.start("REALTIME_AUTH", "none", "REALTIME_ALLOWED_ORIGINS", LISTED + ",http://b.example:81");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?&topics=a", "?topics=a&", "?topics=a&&events=*", "?&&", "?", "?&topics=a&lastEventId=&"})
    void anEmptyPairIsNoParameter(String query) {
        StreamClient stream = gateway.stream(query);
        assertThat(stream.statusLine()).isEqualTo("HTTP/1.1 200 OK");
        stream.awaitLive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "?&", "?&&&"})
    void norIsItOneWhereThereAreNone(String query) {
        assertThat(gateway.get("/realtime/position" + query).statusCode()).isEqualTo(200);
        assertThat(gateway.call(
                                "POST",
                                "/realtime/events" + query,
                                "{\"event\":\"e\"}",
                                "Content-Type",
                                "application/json")
                        .statusCode())
                .isEqualTo(201);
        assertThat(gateway.get("/realtime/position" + query + "&a").statusCode())
                .isEqualTo(400);
        assertThat(gateway.get("/realtime/position?=").statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "?foo=1, unknown_parameter, foo",
        "?topics=a&org_id=x, unknown_parameter, org_id",
        "?topics=, empty_filter, topics",
        "'?topics=a,,b', empty_filter, topics",
        "?events=, empty_filter, events",
        "?topics=a&topics=b, repeated_parameter, topics",
        "?topics=a*b, invalid_topics, topics",
        "?events=a%20b, invalid_events, events",
        "?named=yes, invalid_parameter, named",
        "?client=curl, invalid_parameter, client",
        "?topics=%zz, query_malformed,",
    })
    void aBadQueryIsNamed(String query, String code, String field) {
        String answer = gateway.raw("GET /realtime/stream" + query + " HTTP/1.1");
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\"code\":\"" + code + "\"");
        if (field != null) {
            assertThat(answer).contains("\"field\":\"" + field + "\"");
        }
    }

    @Test
    void aThousandFiltersAreTooMany() {
        HttpResponse<String> answer = gateway.get("/realtime/stream?topics=" + "a,".repeat(999) + "a");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.body())
                .contains("\"type\":\"about:blank\"", "\"title\":\"Bad Request\"", "\"status\":400")
                .contains("\"code\":\"too_many_filters\"", "\"limit\":100", "\"size\":1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/json", "text/event-stream;q=0"})
    void whoAcceptsNoStreamGetsNone(String accept) {
        HttpResponse<String> answer = gateway.get("/realtime/stream", "Accept", accept);
        assertThat(answer.statusCode()).isEqualTo(406);
        assertThat(answer.body()).contains("\"code\":\"not_acceptable\"");
    }

    @Test
    void headIsTheHeadersOnly() {
        HttpResponse<String> answer = gateway.call("HEAD", "/realtime/stream", null);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/event-stream");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-cache, no-transform");
        assertThat(answer.body()).isEmpty();
    }

    @Test
    void optionsAreAnsweredWithoutABody() {
        HttpResponse<String> answer = gateway.call("OPTIONS", "/realtime/stream", null);
        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.headers().firstValue("Allow")).hasValue("GET, HEAD, OPTIONS");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /realtime/stream, 'GET, HEAD, OPTIONS'",
        "DELETE, /realtime/stream, 'GET, HEAD, OPTIONS'",
        "GET, /realtime/events, 'OPTIONS, POST'",
        "PUT, /realtime/position, 'GET, HEAD, OPTIONS'",
        "POST, /realtime/realtime.js, 'GET, HEAD, OPTIONS'",
        "POST, /healthz, 'GET, HEAD, OPTIONS'",
        "POST, /, 'GET, HEAD, OPTIONS'",
    })
    void otherMethodsAreNamedInAllow(String method, String path, String allow) {
        HttpResponse<String> answer = gateway.call(method, path, "x");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).hasValue(allow);
        assertThat(answer.body()).contains("\"code\":\"method_not_allowed\"");
    }

    @Test
    void aListedOriginMayReadAndAPreflightSaysWhatItMaySend() {
        HttpResponse<String> answer = gateway.get("/realtime/position", "Origin", LISTED);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).hasValue(LISTED);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Credentials"))
                .hasValue("true");
        assertThat(answer.headers().allValues("Vary")).contains("Origin");

        HttpResponse<String> preflight = gateway.call(
                "OPTIONS", "/realtime/events", null, "Origin", LISTED, "Access-Control-Request-Method", "POST");
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .hasValue(LISTED);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods"))
                .hasValue("OPTIONS, POST");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers"))
                .hasValue("Authorization, Content-Type, Last-Event-ID");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://evil.example", "https://app.example.evil.example", "http://app.example", "null"})
    void anyOtherOriginMayNot(String origin) {
        HttpResponse<String> answer = gateway.get("/realtime/position", "Origin", origin);
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        assertThat(answer.headers().firstValue("Access-Control-Allow-Credentials"))
                .isEmpty();
        assertThat(answer.headers().allValues("Vary")).contains("Origin");
    }
}
