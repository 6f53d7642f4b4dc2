package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cleartext HTTP/2: who may begin it, and how many may leave one connection at once. */
class Http2Test {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MOST_STREAMS = 128;
    private static final String UPGRADE =
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";

    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int END_STREAM_AND_HEADERS = 5;

    private static TestGateway gateway;

    private final HTTP2Client client = new HTTP2Client();
    private final CompletableFuture<Integer> goodbye = new CompletableFuture<>();
    private Session session;

    @BeforeAll
    static void startGateway() {
        gateway = TestGateway.start();
    }

    @AfterAll
    static void stopGateway() {
        gateway.close();
    }

    @BeforeEach
    void start() throws Exception {
        client.start();
    }

    @AfterEach
    void stop() throws Exception {
        if (session instanceof HTTP2Session open) {
            open.getEndPoint().close(); // after a goodbye the gateway would wait for the next heartbeat
        }
        client.stop();
        awaitStreams(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET /realtime/position", "OPTIONS *", "POST /realtime/events", "HEAD /"})
    void anUpgradeThatARequestAsksForIsNotHonoured(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write((request + " HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] status = socket.getInputStream().readNBytes(12);
            assertThat(new String(status, StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 ")
                    .doesNotContain(" 101");
            // What a smuggled request would have come after.
            socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void aClientThatAsksForItIsServedOverHttp11() throws Exception {
        HttpClient jdk =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        URI position = URI.create("http://127.0.0.1:" + gateway.gateway().port() + "/realtime/position");
        HttpResponse<String> answer =
                jdk.send(HttpRequest.newBuilder(position).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    }

    @Test
    void allStreamsButOneLeaveAConnectionTogetherAndThatOneGoesOn() throws Exception {
        session = connect();
        Bystander bystander = new Bystander();
        session.newStream(get("/realtime/stream"), bystander).get(20, TimeUnit.SECONDS);
        assertThat(bystander.answered.await(20, TimeUnit.SECONDS)).isTrue();
        for (int round = 0; round < 2; round++) {
            List<Stream> leaving = new ArrayList<>();
            CountDownLatch answered = new CountDownLatch(MOST_STREAMS - 1);
            for (int i = 1; i < MOST_STREAMS; i++) {
                leaving.add(session.newStream(get("/realtime/stream"), new Answered(answered))
                        .get(20, TimeUnit.SECONDS));
            }
            assertThat(answered.await(20, TimeUnit.SECONDS)).isTrue();

            leaving.forEach(Http2Test::reset);
            awaitStreams(1);
        }
        gateway.publish("made");
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> String.join("", bystander.heard).contains("\"event\":\"made\""));
        assertThat(goodbye).isNotDone();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/realtime/stream", "/realtime/position", "/healthz"})
    void streamsThatAreLeftAsSoonAsTheyAreOpenedAgainAndAgainEndTheConnection(String path) throws IOException {
        ByteArrayOutputStream attack = new ByteArrayOutputStream();
        attack.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        attack.writeBytes(frame(SETTINGS, 0, 0, new byte[0]));
        for (int stream = 1; stream < 2 * 5_000; stream += 2) {
            attack.writeBytes(frame(HEADERS, END_STREAM_AND_HEADERS, stream, getRequest(path)));
            attack.writeBytes(frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8}));
        }
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            CompletableFuture<Void> attacking = CompletableFuture.runAsync(() -> write(socket, attack.toByteArray()));
            assertThat(said(socket)).contains("_rate");
            attacking.join();
        }
    }

    /** The goodbye has its reason as text. Everything until the connection's end, however that comes. */
    private static String said(Socket socket) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(said);
        } catch (IOException cut) {
            // after what was read
        }
        return said.toString(StandardCharsets.US_ASCII);
    }

    private static void write(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException cut) {
            // which is what is expected
        }
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) 0)
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** By HPACK's table: GET, http, and the path and authority as they stand. */
    private static byte[] getRequest(String path) {
        byte[] authority = "localhost".getBytes(StandardCharsets.US_ASCII);
        byte[] where = path.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(6 + authority.length + where.length)
                .put((byte) 0x82)
                .put((byte) 0x86)
                .put((byte) 0x04)
                .put((byte) where.length)
                .put(where)
                .put((byte) 0x01)
                .put((byte) authority.length)
                .put(authority)
                .array();
    }

    private Session connect() throws Exception {
        return client.connect(
                        new InetSocketAddress(
                                InetAddress.getLoopbackAddress(),
                                gateway.gateway().port()),
                        new Session.Listener() {
                            @Override
                            public void onGoAway(Session session, GoAwayFrame frame) {
                                goodbye.complete(frame.getError());
                            }
                        })
                .get(20, TimeUnit.SECONDS);
    }

    private static HeadersFrame get(String path) {
        HttpURI uri = HttpURI.from("http://localhost" + path);
        return new HeadersFrame(new MetaData.Request("GET", uri, HttpVersion.HTTP_2, HttpFields.EMPTY), null, true);
    }

    private static void reset(Stream stream) {
        stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);
    }

    private static void awaitStreams(int number) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> gateway.gateway().streams() == number);
    }

    private static class Answered implements Stream.Listener {
        private final CountDownLatch answered;

        Answered(CountDownLatch answered) {
            this.answered = answered;
        }

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            answered.countDown();
            stream.demand();
        }
    }

    /** Keeps what it is written. */
    private static final class Bystander extends Answered {
        private final CountDownLatch answered;
        private final Queue<String> heard = new ConcurrentLinkedQueue<>();

        Bystander() {
            this(new CountDownLatch(1));
        }

        private Bystander(CountDownLatch answered) {
            super(answered);
            this.answered = answered;
        }

        @Override
        public void onDataAvailable(Stream stream) {
            Stream.Data data = stream.readData();
            if (data != null) {
                heard.add(StandardCharsets.UTF_8
                        .decode(data.frame().getByteBuffer())
                        .toString());
                data.release();
            }
            stream.demand();
        }
    }
}
