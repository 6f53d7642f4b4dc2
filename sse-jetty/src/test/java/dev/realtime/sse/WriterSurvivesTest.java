package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.auth.NoneAuthorizer;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What one stream's failure leaves of the others that share its writer. */
@Timeout(60)
class WriterSurvivesTest {
    private final FakePubSub pubSub = new FakePubSub();
    private final OwnJetty jetty = new OwnJetty();
    private final RealtimeEndpoint endpoint = new RealtimeEndpoint(
            pubSub, NoneAuthorizer.anywhere(), EndpointOptions.DEFAULTS, new SimpleMeterRegistry());
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void start() throws Exception {
        jetty.serve("/", endpoint);
    }

    @AfterEach
    void stop() throws Exception {
        endpoint.close();
        jetty.stop();
    }

    static List<Throwable> throwables() {
        return List.of(new IllegalStateException("seam"), new OutOfMemoryError("seam"), new StackOverflowError("seam"));
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void streamThatFailsWhileItsBatchIsGatheredEndsAloneAndLeavesNoFrame(Throwable failure) throws Exception {
        Stream<String> struck = stream("");
        AtomicInteger polls = new AtomicInteger();
        pubSub.polling = () -> switch (polls.getAndIncrement()) {
            case 0 -> received(1, "changed");
            case 1 -> thrown(failure);
            default -> pubSub.waiting.poll();
        };
        pubSub.signal.run();
        assertThat(struck.filter(line -> line.startsWith("id: "))).isEmpty(); // it ends

        for (int i = 2; i <= 4; i++) { // as many streams as make sure that its writer has one
            Iterator<String> other = ids(stream(""));
            pubSub.deliver(received(i, "changed"));
            assertThat(other.next()).isEqualTo("id: e-" + i + "-abcdef");
        }
    }

    @Test
    void eventThatNoPublisherMayPublishHarmsNobody() throws Exception {
        Stream<String> named = stream("?named=true");
        pubSub.deliver(received(1, "orders\nevent: realtime.close\r\u2028\u0000\"x"), received(2, "orders"));

        List<String> lines = named.filter(line -> line.startsWith("event: ") || line.startsWith("data: "))
                .limit(4)
                .toList();

        assertThat(lines).noneMatch(line -> line.startsWith("event: realtime.close"));
        assertThat(lines.get(1))
                .contains("\"event\":\"orders\\u000aevent: realtime.close\\u000d\\u2028\\u0000\\u0022x\"");
        assertThat(lines.get(2)).isEqualTo("event: orders");
    }

    private static Delivery thrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) failure;
    }

    private static Iterator<String> ids(Stream<String> lines) {
        return lines.filter(line -> line.startsWith("id: ")).iterator();
    }

    private static Delivery.Received received(int offset, String event) {
        Envelope envelope =
                new Envelope("n" + offset, "default", event, "events", Instant.EPOCH, JsonPayload.EMPTY, null);
        return new Delivery.Received(envelope, new Position("e", offset, "abcdef"), 0);
    }

    private Stream<String> stream(String query) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + jetty.port() + "/realtime/stream" + query))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofLines()).body();
    }
}
