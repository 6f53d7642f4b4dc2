package dev.realtime.sse.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code REALTIME_AUTH=none} on a loopback address. */
class LoopbackNoneTest {
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.start("REALTIME_AUTH", "none", "REALTIME_ALLOWED_ORIGINS", "http://localhost:3000");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @CsvSource({
        "Host, evil.example",
        "Host, localhost.evil.example:80",
        "Host, 10.0.0.1",
        "Origin, https://evil.example",
        "Origin, http://localhost.evil.example:3000",
        "Origin, null",
    })
    void whatAPageElsewhereCanSendIsRefused(String header, String value) {
        HttpResponse<String> refused = gateway.post("{\"event\":\"a\"}", header, value);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"auth_not_configured\"", "REALTIME_AUTH", "HOST");
        for (String path : new String[] {"/metrics", "/realtime/stream", "/realtime/position", "/"}) {
            assertThat(gateway.get(path, header, value).statusCode()).isEqualTo(403);
        }
        assertThat(gateway.get("/readyz", header, value).body()).isEqualTo("{\"ready\":true}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:8080", "127.0.0.1:80", "127.1.2.3", "[::1]:80", "LOCALHOST"})
    void loopbackNamesAreLetIn(String host) {
        assertThat(gateway.get("/realtime/position", "Host", host).statusCode()).isEqualTo(200);
    }

    @Test
    void ourOwnPageAndListedOriginsAreLetIn() {
        String own = "http://127.0.0.1:" + gateway.gateway().port();
        assertThat(gateway.post("{\"event\":\"a\"}", "Origin", own).statusCode())
                .isEqualTo(201);
        assertThat(gateway.post("{\"event\":\"a\"}", "Origin", "http://localhost:3000")
                        .statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/realtime/events", "/realtime/tickets", "/realtime/revocations"})
    void aFormPostIsRefused(String path) {
        for (String type : new String[] {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
            HttpResponse<String> answer = gateway.call("POST", path, "{}", "Content-Type", type);
            assertThat(answer.statusCode()).isEqualTo(415);
            assertThat(answer.body()).contains("application/json");
        }
    }

    @Test
    void onAnotherAddressNothingIsAsked() {
        try (TestGateway open = TestGateway.start("REALTIME_AUTH", "none", "HOST", "0.0.0.0")) {
            assertThat(open.get("/realtime/position", "Origin", "https://elsewhere.example", "Host", "a.example")
                            .statusCode())
                    .isEqualTo(200);
        }
    }
}
