package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventsTest {
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.start("REALTIME_AUTH", "none", "REALTIME_MAX_PAYLOAD_BYTES", "2048");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void oneEventIsAnsweredWithAnArrayOfOneAfterCommit() {
        HttpResponse<String> answer = gateway.post("{\"event\":\"a\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(answer.body()).matches("\\[\\{\"id\":\"[^\"]+\",\"cursor\":\"[A-Za-z0-9._-]{1,64}\"}]");
        String cursor = answer.body().replaceAll(".*\"cursor\":\"([^\"]+)\".*", "$1");
        assertThat(gateway.get("/realtime/position").body()).isEqualTo("{\"cursor\":\"" + cursor + "\"}");
    }

    @Test
    void anArrayKeepsItsOrder() {
        HttpResponse<String> answer = gateway.post("[{\"event\":\"a\",\"id\":\"x1\"},{\"event\":\"a\",\"id\":\"x2\"}]");
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).matches("\\[\\{\"id\":\"x1\",.*},\\{\"id\":\"x2\",.*}]");
    }

    @Test
    void theSameAgainIsTheSameAnswerAndAnotherBodyAConflict() {
        String body = "{\"event\":\"a\",\"id\":\"once\",\"payload\":1}";
        HttpResponse<String> first = gateway.post(body);
        assertThat(gateway.post(body).body()).isEqualTo(first.body());
        HttpResponse<String> other = gateway.post("{\"event\":\"a\",\"id\":\"once\",\"payload\":2}");
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(other.body()).contains("\"code\":\"event_conflict\"", "\"field\":\"id\"");
    }

    @Test
    void anotherBodyInTheSameArrayIsAConflict() {
        HttpResponse<String> answer =
                gateway.post("[{\"event\":\"a\",\"id\":\"two\"},{\"event\":\"b\",\"id\":\"two\"}]");
        assertThat(answer.statusCode()).isEqualTo(409);
    }

    @Test
    void aPayloadOverTheLimitNamesBothSizes() {
        String limit = "\"" + "€".repeat(682) + "\"";
        assertThat(gateway.post("{\"event\":\"a\",\"payload\":" + limit + "}").statusCode())
                .isEqualTo(201);
        HttpResponse<String> over = gateway.post("{\"event\":\"a\",\"payload\":" + limit.replace("\"€", "\"x€") + "}");
        assertThat(over.statusCode()).isEqualTo(413);
        assertThat(over.body())
                .contains("\"code\":\"payload_too_large\"", "\"limit\":2048", "\"size\":2049", "\"index\":0");
    }

    @Test
    void aBodyOverTheLimitIsRefused() {
        HttpResponse<String> answer = gateway.post("[" + " ".repeat(2_000_000) + "]");
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("\"code\":\"body_too_large\"", "\"limit\":1056768", "\"size\":2000002");
    }

    /** It would be a reset connection, now and then, if the answer did not wait for the body. */
    @Test
    void whoSendsFarTooMuchHearsSoEveryTime() {
        String body = "[" + " ".repeat(4_000_000) + "]";
        for (int i = 0; i < 20; i++) {
            assertThat(gateway.post(body).statusCode()).isEqualTo(413);
        }
    }

    @Test
    void whatIsTooLargeEvenToBeThrownAwayIsRefusedAtOnce() {
        String answer = gateway.raw(
                "POST /realtime/events HTTP/1.1", "Content-Type: application/json", "Content-Length: 1000000000");
        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("\"size\":1000000000");
    }

    @Test
    void aBodyInChunksThatGoesOverTheLimitIsRefusedToo() {
        String chunk = "1000\r\n" + " ".repeat(4_096) + "\r\n";
        String answer = gateway.raw(
                "POST /realtime/events HTTP/1.1",
                "Content-Type: application/json",
                "Transfer-Encoding: chunked",
                "",
                chunk.repeat(300) + "0\r\n");
        assertThat(answer).startsWith("HTTP/1.1 413 ").contains("\"limit\":1056768");
    }

    @Test
    void anotherOrganisationIsRefused() {
        assertThat(gateway.post("{\"event\":\"a\",\"org_id\":\"default\"}").statusCode())
                .isEqualTo(201);
        HttpResponse<String> answer = gateway.post("[{\"event\":\"a\"},{\"event\":\"a\",\"org_id\":\"other\"}]");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body())
                .contains("\"code\":\"organisation_not_allowed\"", "\"field\":\"org_id\"", "\"index\":1");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{ | 400 | body_not_json",
                "[] | 400 | invalid_batch",
                "{\"event\":\"a\",\"payload\":null} | 400 | payload_null",
                "{\"event\":\"a\",\"user_ids\":null} | 400 | wrong_type",
                "{\"event\":\"a\",\"nope\":1} | 400 | unknown_field",
                "{\"event\":\"realtime.gap\"} | 400 | invalid_event",
                "{\"topic\":\"a\"} | 400 | missing_field",
            })
    void aBadBodyIsNamed(String body, int status, String code) {
        HttpResponse<String> answer = gateway.post(body);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    }

    @Test
    void onlyJsonIsTaken() {
        HttpResponse<String> answer = gateway.call(
                "POST", "/realtime/events", "event=a", "Content-Type", "application/x-www-form-urlencoded");
        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.body()).contains("\"code\":\"unsupported_media_type\"");
    }

    @Test
    void parametersAreRefused() {
        HttpResponse<String> answer =
                gateway.call("POST", "/realtime/events?org_id=x", "{}", "Content-Type", "application/json");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"code\":\"unknown_parameter\"");
    }

    @Test
    void aBodyThatNeverComesIsCutAtTheDeadline() {
        try (TestGateway hasty =
                TestGateway.start(options -> options.withPublishDeadline(java.time.Duration.ofMillis(300)))) {
            String answer =
                    hasty.raw("POST /realtime/events HTTP/1.1", "Content-Type: application/json", "Content-Length: 10");
            assertThat(answer).startsWith("HTTP/1.1 408 ").contains("\"code\":\"body_timeout\"");
        }
    }
}
