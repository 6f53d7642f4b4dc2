package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.equipment.Wire;
import dev.realtime.sse.gateway.equipment.WireClient;
import dev.realtime.sse.gateway.equipment.WireClient.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every status that the endpoint answers with, over one protocol. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AnswerRules {
    private static final String LISTED = "https://app.example";
    private static final String STREAM = "/realtime/stream";
    private static final String EVENTS = "/realtime/events";

    private final Wire wire;
    private TestGateway gateway;
    private WireClient client;

    AnswerRules(Wire wire) {
        this.wire = wire;
    }

    @BeforeAll
    void start(@TempDir Path folder) {
        gateway = wire.start(
                folder,
                options -> options,
                "REALTIME_ALLOWED_ORIGINS",
                LISTED,
                "REALTIME_MAX_PAYLOAD_BYTES",
                "2048",
                "REALTIME_MAX_STREAMS_PER_USER",
                "1");
        client = wire.client(gateway);
        assertThat(client.get("/healthz").status()).isEqualTo(200);
    }

    @AfterAll
    void stop() {
        client.close();
        gateway.close();
    }

    @ParameterizedTest(name = "{2} {3}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "GET  | /realtime/stream?foo=1     | 400 | unknown_parameter      |",
                "GET  | /realtime/stream?topics=   | 400 | empty_filter           |",
                "POST | /realtime/events           | 400 | body_not_json          | {",
                "POST | /realtime/events           | 400 | invalid_batch          | []",
                "POST | /realtime/events           | 400 | unknown_field          | {\"event\":\"a\",\"nope\":1}",
                "POST | /realtime/events           | 403 | organisation_not_allowed | {\"event\":\"a\",\"org_id\":\"b\"}",
                "GET  | /realtime/none             | 404 | not_found              |",
                "GET  | /none                      | 404 | not_found              |",
                "POST | /realtime/stream           | 405 | method_not_allowed     | x",
                "DELETE | /realtime/stream         | 405 | method_not_allowed     |",
                "GET  | /realtime/events           | 405 | method_not_allowed     |",
            })
    void whatIsWrongHasAStatusAndACode(String method, String path, int status, String code, String body) {
        Answer answer =
                client.ask(method, path, body, "Authorization", bearer("alice"), "Content-Type", "application/json");
        requireProblem(answer, status, code);
    }

    @Test
    void withoutATokenOrWithAForgedOne() {
        requireProblem(client.get(STREAM), 401, "token_missing");
        String forged = "Bearer " + TestGateway.bearer("acme").substring(7).replaceFirst(".$", "_");
        Answer answer = client.get(STREAM, "Authorization", forged.substring(0, forged.length() - 3) + "abc");
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.headers()).containsKey("www-authenticate");
        assertThat(answer.text()).doesNotContain(forged.substring(20, 60));
    }

    @Test
    void theMethodsThatAreAllowedAreNamed() {
        Answer answer = client.ask("PUT", STREAM, "x", "Authorization", bearer("alice"));
        assertThat(answer.headers()).containsEntry("allow", "GET, HEAD, OPTIONS");
        requireProblem(answer, 405, "method_not_allowed");
    }

    @Test
    void whoAcceptsNoStreamGetsNone() {
        Answer answer = client.get(STREAM, "Accept", "text/html", "Authorization", bearer("alice"));
        requireProblem(answer, 406, "not_acceptable");
    }

    @Test
    void aPayloadOverTheLimit() {
        String body = "{\"event\":\"a\",\"payload\":\"" + "x".repeat(2_047) + "\"}";
        Answer payload = client.post(body, "Authorization", bearer("alice"));
        assertThat(requireProblem(payload, 413, "payload_too_large")).contains("\"limit\":2048", "\"size\":2049");
    }

    @Test
    void aBodyOverTheLimit() {
        Answer whole = client.post("[" + " ".repeat(2_000_000) + "]", "Authorization", bearer("alice"));
        assertThat(requireProblem(whole, 413, "body_too_large")).contains("\"size\":2000002");
        assertThat(client.get("/healthz").status()).as("afterwards").isEqualTo(200);
    }

    @Test
    void onlyJsonIsTaken() {
        Answer answer =
                client.ask("POST", EVENTS, "event=a", "Authorization", bearer("alice"), "Content-Type", "text/plain");
        requireProblem(answer, 415, "unsupported_media_type");
    }

    @Test
    void theSameIdWithAnotherBody() {
        String[] alice = {"Authorization", bearer("alice")};
        Answer first = client.post("{\"event\":\"a\",\"id\":\"once\"}", alice);
        assertThat(first.status()).isEqualTo(201);
        String text = first.text();
        assertThat(client.post("{\"event\":\"a\",\"id\":\"once\"}", alice).text())
                .isEqualTo(text);
        requireProblem(client.post("{\"event\":\"b\",\"id\":\"once\"}", alice), 409, "event_conflict");
    }

    @Test
    void aStreamTooManyOfAClientThatReadsStatusCodes() throws Exception {
        try (Answer first = client.get(STREAM, "Authorization", bearer("bob"))) {
            assertThat(first.frames().next().event()).isEqualTo("realtime.open");
            Answer second = client.get(STREAM + "?client=fetch", "Authorization", bearer("bob"));
            assertThat(second.headers()).containsEntry("retry-after", "30");
            requireProblem(second, 429, "too_many_streams");
        }
    }

    @Test
    void headIsTheHeadersOnly() {
        Answer answer = client.ask("HEAD", STREAM, null, "Authorization", bearer("carol"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("content-type", "text/event-stream");
        assertThat(answer.text()).isEmpty();
    }

    @Test
    void optionsAndAPreflightHaveNoBody() {
        Answer options = client.ask("OPTIONS", STREAM, null);
        assertThat(options.status()).isEqualTo(204);
        assertThat(options.headers()).containsEntry("allow", "GET, HEAD, OPTIONS");
        assertThat(options.text()).isEmpty();
        Answer preflight =
                client.ask("OPTIONS", EVENTS, null, "Origin", LISTED, "Access-Control-Request-Method", "POST");
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.headers())
                .containsEntry("access-control-allow-origin", LISTED)
                .containsEntry("access-control-allow-methods", "OPTIONS, POST");
        assertThat(preflight.text()).isEmpty();
    }

    @Test
    void whatIsRightIsAnsweredByThisProtocol() {
        String[] alice = {"Authorization", bearer("alice")};
        String cursor = client.publish("a", alice);
        Answer position = client.get("/realtime/position", alice);
        assertThat(position.protocol()).isEqualTo(wire.protocol());
        assertThat(position.text()).isEqualTo("{\"cursor\":\"" + cursor + "\"}");
        assertThat(client.get("/readyz").status()).isEqualTo(200);
    }

    private static String bearer(String user) {
        return TestGateway.bearer("acme", user);
    }

    private static String requireProblem(Answer answer, int status, String code) {
        String text = answer.text();
        assertThat(answer.status()).as(text).isEqualTo(status);
        assertThat(answer.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(text).contains("\"code\":\"" + code + "\"", "\"status\":" + status);
        return text;
    }
}
