package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A page that navigates away while its ticket is redeemed leaves its user's seat to the next one. */
class LeavingWhileRedeemedTest {
    private final BlockingQueue<CompletableFuture<Boolean>> claims = new LinkedBlockingQueue<>();
    /** Requests that the container is done with. */
    private final Set<String> ended = ConcurrentHashMap.newKeySet();

    private final FakePubSub pubSub = new FakePubSub();
    private final OwnJetty jetty = new OwnJetty();
    private final HTTP2Client client = new HTTP2Client();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private RealtimeEndpoint endpoint;

    @BeforeEach
    void start() throws Exception {
        pubSub.keyClaims = Optional.of((key, ttl) -> {
            CompletableFuture<Boolean> claim = new CompletableFuture<>();
            claims.add(claim);
            return claim;
        });
        endpoint = new RealtimeEndpoint(
                pubSub,
                request -> Caller.of("acme").withUser("ann"),
                EndpointOptions.DEFAULTS.withTickets(TicketKey.random()).withLimits(StreamLimits.DEFAULTS.withUser(1)),
                new SimpleMeterRegistry());
        jetty.serve("/", endpoint, context -> new Handler.Wrapper(context) {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                Request.addCompletionListener(
                        request, failure -> ended.add(request.getHttpURI().asString()));
                return super.handle(request, response, callback);
            }
        });
        client.start();
    }

    @AfterEach
    void stop() throws Exception {
        client.stop();
        endpoint.close();
        jetty.stop();
    }

    @Test
    void theSeatIsFreeAgain() throws Exception {
        Session session = client.connect(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), jetty.port()),
                        new Session.Listener() {})
                .get(10, TimeUnit.SECONDS);
        HttpURI uri = HttpURI.from("http://127.0.0.1/realtime/stream?ticket=" + ticket());
        var stream = session.newStream(
                        new HeadersFrame(
                                new MetaData.Request("GET", uri, HttpVersion.HTTP_2, HttpFields.EMPTY), null, true),
                        new org.eclipse.jetty.http2.api.Stream.Listener() {})
                .get(10, TimeUnit.SECONDS);
        CompletableFuture<Boolean> claim = claims.poll(10, TimeUnit.SECONDS);
        assertThat(fetch().statusCode()).as("the seat is taken meanwhile").isEqualTo(429);

        stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
        await().atMost(Duration.ofSeconds(10)).until(() -> ended.contains(uri.asString()));
        claim.complete(true);

        await().atMost(Duration.ofSeconds(10)).until(() -> fetch().statusCode() != 429);
        assertThat(endpoint.streams()).isZero();
    }

    /** Asks for a stream, whose claim is refused at once. */
    private HttpResponse<String> fetch() throws Exception {
        CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                HttpRequest.newBuilder(jetty.uri("/realtime/stream?client=fetch&ticket=" + ticket()))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        while (!answer.isDone()) {
            CompletableFuture<Boolean> claim = claims.poll(10, TimeUnit.MILLISECONDS);
            if (claim != null) {
                claim.complete(false);
            }
        }
        return answer.get();
    }

    private String ticket() throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(jetty.uri("/realtime/tickets"))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer.body().replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
    }
}
