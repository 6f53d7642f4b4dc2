package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.TransportUnavailableException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tickets in a team's own Jetty, mounted below a path, while nobody can tell whether one was used. */
class TicketsWithoutTransportTest {
    private final FakePubSub pubSub = new FakePubSub();
    private final AtomicInteger claims = new AtomicInteger();
    private final OwnJetty jetty = new OwnJetty();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RealtimeEndpoint endpoint;

    @BeforeEach
    void start() throws Exception {
        endpointOf(request -> Caller.of("acme").withUser(request.getHeader("User")));
        jetty.serve("/app", endpoint);
    }

    private void endpointOf(Authorizer authorizer) {
        pubSub.keyClaims = Optional.of((key, ttl) -> claims.incrementAndGet() == 1
                ? CompletableFuture.completedFuture(true)
                : CompletableFuture.failedFuture(new TransportUnavailableException("away", null)));
        EndpointOptions options = EndpointOptions.DEFAULTS.withTickets(TicketKey.random());
        endpoint = new RealtimeEndpoint(pubSub, authorizer, options, new SimpleMeterRegistry());
    }

    @AfterEach
    void stop() throws Exception {
        endpoint.close();
        jetty.stop();
    }

    @Test
    void anEventSourceIsToldToComeBackAndWhoReadsCodesIsToldWhy() throws Exception {
        claims.set(1);
        String ticket = ticket();
        HttpResponse<String> fetched = get("?client=fetch&ticket=" + ticket);
        assertThat(fetched.statusCode()).isEqualTo(503);
        assertThat(fetched.body()).contains("\"code\":\"tickets_unavailable\"").doesNotContain("away");
        assertThat(fetched.headers().firstValue("Retry-After")).isPresent();

        HttpResponse<String> streamed = get("?ticket=" + ticket);
        assertThat(streamed.statusCode()).isEqualTo(200);
        assertThat(streamed.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(streamed.body()).contains("event: realtime.close", "\"unavailable\",\"reconnect\":true");
        assertThat(endpoint.streams()).isZero();
    }

    @Test
    void whoHasTheCookieGetsInAllTheSame() throws Exception {
        String ticket = ticket();
        HttpResponse<Stream<String>> first = stream(ticket);
        String cookie = first.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("; Path=/app/realtime/stream;");
        first.body().close();

        pubSub.waiting.add(new Delivery.Opened(null, false));
        HttpResponse<Stream<String>> again = stream(ticket, "Cookie", cookie.replaceAll(";.*", ""));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.body().iterator().next()).isEqualTo("event: realtime.open");
        assertThat(claims).hasValue(2);
    }

    @Test
    void aTransportThatCannotTellGivesNone() throws Exception {
        endpoint.close();
        pubSub.keyClaims = Optional.empty();
        RealtimeEndpoint unable = new RealtimeEndpoint(
                pubSub,
                request -> Caller.of("acme"),
                EndpointOptions.DEFAULTS.withTickets(TicketKey.random()),
                new SimpleMeterRegistry());
        try (unable) {
            jetty.serve("/unable", unable);
            HttpResponse<String> answer = http.send(
                    request("/unable/realtime/tickets")
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("\"code\":\"tickets_off\"", "transport");
        }
    }

    private String ticket() throws IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                request("/app/realtime/tickets")
                        .header("User", "ann")
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer.body().replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
    }

    private HttpResponse<String> get(String query) throws IOException, InterruptedException {
        return http.send(request("/app/realtime/stream" + query).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<Stream<String>> stream(String ticket, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request("/app/realtime/stream?ticket=" + ticket);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofLines());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(jetty.uri(path)).timeout(Duration.ofSeconds(20));
    }
}
