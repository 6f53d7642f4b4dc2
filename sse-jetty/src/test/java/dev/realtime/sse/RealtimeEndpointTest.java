package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.gateway.auth.NoneAuthorizer;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.Publication;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The endpoint in a team's own Jetty, below it a front door that does what the test says. */
class RealtimeEndpointTest {
    private static final Position HEAD = new Position("e", 7, "abcdef");

    private final FakePubSub pubSub = new FakePubSub();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final OwnJetty jetty = new OwnJetty();
    private final RealtimeEndpoint endpoint = new RealtimeEndpoint(
            pubSub,
            NoneAuthorizer.anywhere(),
            EndpointOptions.DEFAULTS.withHeartbeat(Duration.ofMillis(200)).withPublishDeadline(Duration.ofMillis(500)),
            meters);
    private HttpClient http = client(HttpClient.Version.HTTP_1_1);

    @BeforeEach
    void start() throws Exception {
        jetty.serve("/", endpoint);
    }

    @AfterEach
    void stop() throws Exception {
        endpoint.close();
        jetty.stop();
    }

    @Test
    void aStreamWithoutAPositionOpensWithoutAnIdAndIsKeptAliveByComments() throws Exception {
        pubSub.waiting.add(new Delivery.Opened(null, false));
        Iterator<String> lines = stream("").body().iterator();
        assertThat(lines.next()).isEqualTo("event: realtime.open");
        assertThat(lines.next())
                .startsWith("data: {\"instance\":\"i-fake\",\"epoch\":null,\"resumed\":false,\"caller\":\"");
        assertThat(lines.next()).isEqualTo("retry: 2000");
        assertThat(lines.next()).isEmpty();
        for (int i = 0; i < 3; i++) {
            assertThat(lines.next()).isEqualTo(":");
        }
    }

    @Test
    void headersComeBeforeAnythingWaits() throws Exception {
        HttpResponse<Stream<String>> stream = stream("");
        assertThat(stream.statusCode()).isEqualTo(200);
        Iterator<String> lines = stream.body().iterator();
        pubSub.deliver(new Delivery.Live());
        String line = lines.next();
        while (line.isEmpty() || line.equals(":")) {
            line = lines.next();
        }
        assertThat(line).isEqualTo("event: realtime.live");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void everyFrameComesOnceAndInOrderHoweverSignalsFall(HttpClient.Version version) throws Exception {
        http = client(version);
        Iterator<String> ids =
                stream("").body().filter(line -> line.startsWith("id: ")).iterator();
        Thread publisher = new Thread(() -> {
            for (int i = 1; i <= 20_000; i++) {
                pubSub.deliver(received(i));
                if (i % 97 == 0) {
                    LockSupport.parkNanos(1_000);
                }
            }
        });
        publisher.start();
        for (int i = 1; i <= 20_000; i++) {
            assertThat(ids.next()).isEqualTo("id: e-" + i + "-abcdef");
        }
        publisher.join();
    }

    @Test
    void aProvisionalCopyHasNoId() throws Exception {
        Iterator<String> lines = stream("").body().iterator();
        pubSub.deliver(new Delivery.Received(received(1).envelope(), null, 0));
        String line = lines.next();
        while (line.isEmpty() || line.equals(":")) {
            line = lines.next();
        }
        assertThat(line).startsWith("data: {\"id\":\"x1\"").contains("\"provisional\":true");
    }

    @Test
    void aGapThatAllAreToldAtOnceSaysWhenToFetchAgain() throws Exception {
        pubSub.waiting.add(new Delivery.Gap(GapReason.EPOCH_CHANGED, "e-1-abcdef", null, HEAD, 1_234));
        assertThat(stream("")
                        .body()
                        .filter(line -> line.startsWith("data: {\"reason\""))
                        .findFirst())
                .hasValue("data: {\"reason\":\"epoch_changed\",\"requested\":\"e-1-abcdef\",\"floor\":null,"
                        + "\"head\":\"e-7-abcdef\",\"refetch_after_ms\":1234}");
    }

    @Test
    void aSecondOverflowSoonEndsTheStreamWithItsCursorBeforeTheGap() throws Exception {
        Delivery.Gap overflow = new Delivery.Gap(GapReason.OVERFLOW, "e-1-abcdef", null, HEAD);
        pubSub.waiting.add(overflow);
        pubSub.waiting.add(received(8));
        pubSub.waiting.add(overflow);
        pubSub.waiting.add(received(9));
        assertThat(stream("").body().filter(line -> !line.isEmpty() && !line.startsWith("retry") && !line.equals(":")))
                .containsExactly(
                        "event: realtime.gap",
                        "data: {\"reason\":\"overflow\",\"requested\":\"e-1-abcdef\",\"floor\":null,\"head\":\"e-7-abcdef\"}",
                        "data: "
                                + new String(
                                        received(8).envelope().toJson(false), java.nio.charset.StandardCharsets.UTF_8),
                        "id: e-8-abcdef",
                        "event: realtime.close",
                        "data: {\"reason\":\"slow\",\"reconnect\":true}");
        assertEnded("slow");
    }

    @Test
    void theEndOfTheFrontDoorEndsTheStream() throws Exception {
        pubSub.waiting.add(new Delivery.Ended());
        assertThat(stream("").body()).contains("data: {\"reason\":\"draining\",\"reconnect\":true}");
        assertEnded("draining");
    }

    @Test
    void whoComesWhileDrainingIsToldToComeBack() throws Exception {
        endpoint.drain(Duration.ofSeconds(1));
        HttpResponse<Stream<String>> stream = stream("");
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body().filter(line -> !line.equals(":")))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("event: realtime.close"),
                        line -> assertThat(line).isEqualTo("data: {\"reason\":\"draining\",\"reconnect\":true}"),
                        line -> assertThat(line).matches("retry: [0-9]+"),
                        line -> assertThat(line).isEmpty());
        HttpResponse<Stream<String>> fetch = stream("?client=fetch");
        assertThat(fetch.statusCode()).isEqualTo(503);
        assertThat(fetch.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(fetch.body().findFirst().orElseThrow()).contains("\"code\":\"draining\"");
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aClientThatLeavesIsCleanedUpOnce(HttpClient.Version version) throws Exception {
        http = client(version);
        HttpResponse<Stream<String>> stream = stream("");
        await().until(() -> endpoint.streams() == 1);
        stream.body().close();
        await().atMost(Duration.ofSeconds(10)).until(() -> endpoint.streams() == 0);
        assertEnded("gone");
    }

    @Test
    void queuedIsAnsweredAsQueued() throws Exception {
        pubSub.accepted.complete(Publication.Acceptance.QUEUED);
        HttpResponse<String> answer = post("[{\"event\":\"a\"},{\"event\":\"b\"}]");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body())
                .isEqualTo("[{\"id\":\"a\",\"state\":\"queued\"},{\"id\":\"b\",\"state\":\"queued\"}]");
    }

    @Test
    void aFullQueueAndAnUnreachableTransportAskToRetry() throws Exception {
        pubSub.accepted.completeExceptionally(new QueueFullException("full"));
        HttpResponse<String> full = post("{\"event\":\"a\"}");
        assertThat(full.statusCode()).isEqualTo(503);
        assertThat(full.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(full.body()).contains("\"code\":\"queue_full\"");

        pubSub.position.completeExceptionally(new TransportUnavailableException("secret host", null));
        HttpResponse<String> away = get("/realtime/position");
        assertThat(away.statusCode()).isEqualTo(503);
        assertThat(away.body()).contains("\"code\":\"transport_unavailable\"").doesNotContain("secret host");
    }

    @Test
    void aRefusalIsToldWithItsCauseAndWithoutTheBackendsOwnWords() throws Exception {
        pubSub.accepted.completeExceptionally(new PublicationRefusedException(
                "redis: something else is under a name of this organisation's log (WRONGTYPE)",
                true,
                new IllegalStateException("secret host")));

        HttpResponse<String> refused = post("{\"event\":\"a\"}");

        assertThat(refused.statusCode()).isEqualTo(502);
        assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(refused.body())
                .contains("\"code\":\"publication_refused\"", "WRONGTYPE")
                .doesNotContain("secret host");
    }

    @Test
    void whatCannotBeKnownToBePublishedIsToldSo() throws Exception {
        pubSub.accepted.completeExceptionally(new PublicationInDoubtException("secret host", null));

        HttpResponse<String> inDoubt = post("{\"event\":\"a\"}");

        assertThat(inDoubt.statusCode()).isEqualTo(504);
        assertThat(inDoubt.body())
                .contains("\"code\":\"publication_in_doubt\"", "new id")
                .doesNotContain("secret host");
    }

    @Test
    void aTransportThatNeverAnswersIsNotWaitedForForever() throws Exception {
        assertThat(post("{\"event\":\"a\"}").statusCode()).isEqualTo(503);
        assertThat(get("/realtime/position").statusCode()).isEqualTo(503);
    }

    @Test
    void whatNobodyExpectedIsNotShown() throws Exception {
        pubSub.position.completeExceptionally(new IllegalStateException("stack and secret"));
        HttpResponse<String> answer = get("/realtime/position");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("\"code\":\"internal_error\"").doesNotContain("secret");
    }

    @Test
    void aRevocationThatHasToWaitForTheTransportIsAccepted() throws Exception {
        pubSub.accepted.complete(Publication.Acceptance.QUEUED);
        HttpResponse<String> answer = http.send(
                request("/realtime/revocations")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"org_id\":\"acme\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body())
                .contains("\"org_id\":\"acme\"", "\"state\":\"queued\"")
                .doesNotContain("user_id");
    }

    private void assertEnded(String reason) {
        await().untilAsserted(() -> assertThat(meters.get("realtime.stream.closes")
                        .tag("reason", reason)
                        .counter()
                        .count())
                .isEqualTo(1));
        assertThat(endpoint.streams()).isZero();
        assertThat(pubSub.closedSubscriptions).hasValue(1);
    }

    private static Delivery.Received received(int number) {
        Envelope envelope = new Envelope(
                "x" + number, "default", "e", "t", Instant.EPOCH, JsonPayload.of("{\"n\":" + number + "}"), null);
        return new Delivery.Received(envelope, new Position("e", number, "abcdef"), 0);
    }

    private HttpResponse<Stream<String>> stream(String query) throws Exception {
        return http.send(request("/realtime/stream" + query).build(), HttpResponse.BodyHandlers.ofLines());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String body) throws Exception {
        CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                request("/realtime/events")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.get();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(jetty.uri(path)).timeout(Duration.ofSeconds(20));
    }

    private static HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).build();
    }
}
