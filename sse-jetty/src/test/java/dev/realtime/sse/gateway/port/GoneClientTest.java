package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.gateway.equipment.FrameReader;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.sse.gateway.equipment.Wire;
import dev.realtime.sse.gateway.equipment.WireClient;
import dev.realtime.sse.gateway.equipment.WireClient.Answer;
import dev.realtime.transport.testkit.servers.TcpProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Fault 21: clients that leave, with a word or without, leave no stream behind. */
class GoneClientTest {
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);
    /** For a machine that is busy with other things. */
    private static final Duration LENIENCE = Duration.ofSeconds(1);

    @TempDir
    private Path folder;

    private TestGateway gateway;

    /** How a client of HTTP/2 leaves. */
    enum Leaving {
        RESETS_ITS_STREAM {
            @Override
            void leave(Session session, Stream stream) {
                stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
            }
        },
        /** GOAWAY leaves open streams open, so Jetty takes the end that follows for no news. */
        SAYS_GOODBYE {
            @Override
            void leave(Session session, Stream stream) {
                session.close(ErrorCode.NO_ERROR.code, "bye", Callback.NOOP);
                ((HTTP2Session) session).getEndPoint().close();
            }
        },
        CLOSES_ITS_SOCKET {
            @Override
            void leave(Session session, Stream stream) {
                ((HTTP2Session) session).getEndPoint().close();
            }
        };

        abstract void leave(Session session, Stream stream);
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    @ParameterizedTest
    @EnumSource
    void anHttp2ClientThatLeavesIsGoneAtOnceOrAfterAGoodbyeByTheNextHeartbeat(Leaving leaving) throws Exception {
        Duration heartbeat = leaving == Leaving.SAYS_GOODBYE ? HEARTBEAT : EndpointOptions.LONGEST_HEARTBEAT;
        gateway = TestGateway.start(options -> options.withHeartbeat(heartbeat));
        HTTP2Client client = new HTTP2Client();
        client.start();
        try {
            Session session = client.connect(
                            new InetSocketAddress(
                                    InetAddress.getLoopbackAddress(),
                                    gateway.gateway().port()),
                            new Session.Listener() {})
                    .get(10, TimeUnit.SECONDS);
            HttpURI stream = HttpURI.from("http://localhost/realtime/stream");
            MetaData.Request request = new MetaData.Request("GET", stream, HttpVersion.HTTP_2, HttpFields.EMPTY);
            Stream first = session.newStream(new HeadersFrame(request, null, true), new Stream.Listener() {})
                    .get(10, TimeUnit.SECONDS);
            session.newStream(new HeadersFrame(request, null, true), new Stream.Listener() {})
                    .get(10, TimeUnit.SECONDS);
            awaitStreams(2, Duration.ofSeconds(10));

            leaving.leave(session, first);

            awaitStreams(leaving == Leaving.RESETS_ITS_STREAM ? 1 : 0, Duration.ofSeconds(10));
        } finally {
            client.stop();
        }
    }

    @ParameterizedTest
    @CsvSource({"H2C, true", "H2C, false", "H2, true", "H2, false"})
    void anHttp2ClientThatVanishesIsNoticedWithinTwoHeartbeats(Wire wire, boolean bothWays) throws IOException {
        gateway = wire.startWith(List.of(), folder, options -> options.withHeartbeat(HEARTBEAT));
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", gateway.gateway().port());
                WireClient client = wire.client(proxy.port());
                Answer answer = client.get("/realtime/stream")) {
            FrameReader frames = answer.frames();
            for (int heartbeats = 0; heartbeats < 2; ) {
                String line = frames.line();
                assertThat(line).as("it lives while it answers").isNotNull();
                heartbeats += line.equals(":") ? 1 : 0;
            }
            awaitStreams(1, Duration.ofSeconds(5));
            if (bothWays) {
                proxy.blackHole();
            } else {
                proxy.blackHoleToServer();
            }
            long vanished = System.nanoTime();
            awaitStreams(0, Duration.ofSeconds(10));
            assertThat(Duration.ofNanos(System.nanoTime() - vanished))
                    .isLessThan(HEARTBEAT.multipliedBy(2).plus(LENIENCE));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_1_1_OVER_TLS"})
    void anHttp1ClientThatLeavesAQuietStreamIsGoneAtOnce(Wire wire) throws IOException {
        gateway =
                wire.startWith(List.of(), folder, options -> options.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT));
        try (WireClient client = wire.client(gateway)) {
            Answer answer = client.get("/realtime/stream");
            assertThat(answer.frames().next()).isNotNull();
            awaitStreams(1, Duration.ofSeconds(5));
            answer.close();
            awaitStreams(0, Duration.ofSeconds(10));
        }
    }

    /** Its proxy still takes all that is written: only the write deadline can tell. */
    @Test
    void anHttp1ClientThatVanishesUnderABusyStreamIsCutAtTheWriteDeadline() throws IOException {
        gateway = TestGateway.start(
                options -> options.withHeartbeat(HEARTBEAT).withWriteDeadline(Duration.ofMillis(1_500)));
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", gateway.gateway().port());
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            StreamClient.send(socket, "/realtime/stream");
            awaitStreams(1, Duration.ofSeconds(5));
            proxy.blackHole();
            String large = "\"" + "x".repeat(900_000) + "\"";
            for (int i = 0; i < 20; i++) {
                gateway.post("{\"event\":\"large\",\"payload\":" + large + "}");
            }
            awaitStreams(0, Duration.ofSeconds(10));
            assertThat(gateway.get("/metrics").body()).contains("realtime_stream_closes_total{reason=\"slow\"} 1.0");
        }
    }

    private void awaitStreams(int number, Duration atMost) {
        await().pollInterval(Duration.ofMillis(10))
                .atMost(atMost)
                .until(() -> gateway.gateway().streams() == number);
    }
}
