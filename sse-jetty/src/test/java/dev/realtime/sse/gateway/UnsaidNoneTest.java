package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnsaidNoneTest {
    private static TestGateway unsaid;
    private static TestGateway said;

    @BeforeAll
    static void start() {
        unsaid = TestGateway.start("REALTIME_ALLOWED_ORIGINS", "http://localhost:3000");
        said = TestGateway.start("REALTIME_AUTH", "none");
    }

    @AfterAll
    static void stop() {
        unsaid.close();
        said.close();
    }

    @ParameterizedTest
    @CsvSource({
        "Host, evil.example",
        "Host, localhost.evil.example:80",
        "Host, 10.0.0.1",
        "Forwarded, for=1.2.3.4",
        "X-Forwarded-For, 1.2.3.4",
        "x-forwarded-proto, https",
        "X-Real-IP, 1.2.3.4",
        "Origin, https://evil.example",
        "Origin, null",
    })
    void whatMayComeFromElsewhereIsRefusedUnlessSaidAloud(String header, String value) {
        HttpResponse<String> refused = unsaid.post("{\"event\":\"a\"}", header, value);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"auth_not_configured\"", "REALTIME_AUTH");
        assertThat(unsaid.get("/metrics", header, value).statusCode()).isEqualTo(403);
        assertThat(said.post("{\"event\":\"a\"}", header, value).statusCode()).isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:8080", "127.0.0.1:80", "127.1.2.3", "[::1]:80", "LOCALHOST"})
    void loopbackNamesAreLetIn(String host) {
        assertThat(unsaid.get("/realtime/position", "Host", host).statusCode()).isEqualTo(200);
    }

    @Test
    void ourOwnPageAndListedOriginsAreLetIn() {
        String own = "http://127.0.0.1:" + unsaid.gateway().port();
        assertThat(unsaid.post("{\"event\":\"a\"}", "Origin", own).statusCode()).isEqualTo(201);
        assertThat(unsaid.post("{\"event\":\"a\"}", "Origin", "http://localhost:3000")
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void aFormPostIsRefused() {
        HttpResponse<String> answer = unsaid.call("POST", "/realtime/events", "{}", "Content-Type", "text/plain");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("REALTIME_AUTH");
    }
}
