package dev.realtime.sse.gateway.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.start();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void healthAndReadiness() {
        assertThat(gateway.get("/healthz").body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(gateway.get("/readyz").body())
                .matches("\\{\"ready\":true,\"transport\":\"memory\",\"state\":\"LIVE\",\"cause\":null,"
                        + "\"since\":\"[^\"]+Z\",\"instance\":\"[^\"]+\",\"troubles\":\\[\\]}");
    }

    @Test
    void metricsNameNoOrganisation() {
        gateway.publish("e");
        String metrics = gateway.get("/metrics").body();
        for (String name : new String[] {
            "realtime_published_total",
            "realtime_delivered_total",
            "realtime_gaps_total",
            "realtime_recoveries_total",
            "realtime_streams",
            "realtime_mailbox_bytes",
            "realtime_queued",
            "realtime_queued_bytes",
            "realtime_queue_published_total",
            "realtime_refused_total",
            "realtime_stream_closes_total{reason=\"draining\"}",
            "realtime_commit_to_write_seconds_bucket",
            "jvm_memory_used_bytes",
        }) {
            assertThat(metrics).contains("\n" + name);
        }
        assertThat(metrics).doesNotContain("default\"");
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html;charset=utf-8",
        "/assets/page.js, text/javascript;charset=utf-8",
        "/assets/page.css, text/css;charset=utf-8",
        "/assets/icon.svg, image/svg+xml",
    })
    void thePageIsServedUnderAStrictPolicy(String path, String contentType) {
        HttpResponse<String> answer = gateway.get(path);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow().replace(" ", ""))
                .isEqualToIgnoringCase(contentType);
        assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .startsWith("default-src 'none'; script-src 'self'")
                        .doesNotContain("unsafe"));
        assertThat(answer.body()).doesNotContain("https://").doesNotContain("onclick");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nope", "/assets/nope.js", "/assets/", "/realtime", "/realtime/stream/x", "/index.html"})
    void whatIsNotThereIsAProblemAndNotJettysPage(String path) {
        HttpResponse<String> answer = gateway.get(path);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(answer.headers().firstValue("Server")).isEmpty();
        assertThat(answer.body()).contains("\"code\":\"not_found\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /%2e%2e/secret HTTP/1.1", "GET /a%00b HTTP/1.1", "GET /healthz HTTP/9.9", "NONSENSE"})
    void whatJettyItselfRefusesIsAProblemToo(String requestLine) {
        String answer = gateway.raw(requestLine);
        assertThat(answer).containsPattern("^HTTP/1.1 [45]");
        assertThat(answer).containsIgnoringCase("application/problem+json").doesNotContainIgnoringCase("jetty");
    }
}
