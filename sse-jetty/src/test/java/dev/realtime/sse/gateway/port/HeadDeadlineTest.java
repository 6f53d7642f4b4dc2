package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.gateway.equipment.TestCertificate;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadDeadlineTest {
    private static final Duration DEADLINE = Duration.ofMillis(500);
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
    private static final String PING = "\0\0\10\6\0\0\0\0\0abcdefgh";
    private static final String WHOLE = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private final Server server = new Server();
    private final ServerConnector connector =
            new ServerConnector(server, new HttpConnectionFactory(), Http2.plain(new HttpConfiguration()));

    @BeforeEach
    void start() throws Exception {
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.addBean(new HeadDeadline(connector, DEADLINE));
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
                if (Request.getPathInContext(request).equals("/open")) {
                    return true; // never completed
                }
                String body = Content.Source.asString(request, StandardCharsets.UTF_8);
                response.setStatus(HttpStatus.OK_200);
                Content.Sink.write(response, true, "got " + body.length(), callback);
                return true;
            }
        });
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    @Test
    void headersThatTrickleInAreCut() throws IOException {
        try (Socket socket = connected()) {
            assertThat(trickleUntilCut(socket, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "))
                    .isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    @Test
    void soAreThoseOfALaterRequest() throws IOException {
        try (Socket socket = connected()) {
            say(socket, WHOLE);
            assertThat(answer(socket)).startsWith("HTTP/1.1 200");
            assertThat(trickleUntilCut(socket, "GET /again HTTP/1.1\r\nX-Slow: "))
                    .isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    @Test
    void aBodyThatTakesLongerAndAConnectionThatSaysNothingAreNotItsAffair() throws IOException {
        try (Socket socket = connected();
                Socket silent = connected();
                Socket slow = connected()) {
            say(socket, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab");
            // A whole deadline and more passes meanwhile: this one is cut.
            trickleUntilCut(slow, "GET / HTTP/1.1\r\nX-Slow: ");
            trickleUntilCut(connected(), "GET / HTTP/1.1\r\nX-Slow: ");
            say(socket, "cde");
            assertThat(answer(socket)).startsWith("HTTP/1.1 200");
            say(silent, WHOLE);
            assertThat(answer(silent)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void emptyLinesInPlaceOfARequestAreCut() throws IOException {
        try (Socket first = connected();
                Socket later = connected()) {
            assertThat(trickleUntilCut(first, "\r\n", "\r\n")).isGreaterThanOrEqualTo(DEADLINE);
            say(later, WHOLE);
            assertThat(answer(later)).startsWith("HTTP/1.1 200");
            assertThat(trickleUntilCut(later, "\r\n", "\r\n")).isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    @Test
    void anEmptyLineBehindARequestIsNotWhatComesForEver() throws IOException {
        try (Socket kept = connected();
                Socket other = connected()) {
            say(kept, WHOLE + "\r\n");
            assertThat(answer(kept)).startsWith("HTTP/1.1 200");
            trickleUntilCut(other, "\r\n", "\r\n");
            say(kept, "\r\n");
            trickleUntilCut(connected(), "\r\n", "\r\n");
            say(kept, WHOLE);
            assertThat(answer(kept)).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void anHttp2HeadThatTricklesInIsCut() throws IOException {
        try (Socket head = connected();
                Socket continued = connected()) {
            String headersOf4Kb = "\0\20\0\1\4\0\0\0\1";
            assertThat(trickleUntilCut(head, PREFACE + headersOf4Kb, "x")).isGreaterThanOrEqualTo(DEADLINE);
            String headersToBeContinued = "\0\0\1\1\0\0\0\0\1\202";
            String continuationThatIsNotTheLast = "\0\0\1\11\0\0\0\0\1\204";
            assertThat(trickleUntilCut(continued, PREFACE + headersToBeContinued, continuationThatIsNotTheLast))
                    .isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    @Test
    void soIsOneBesideAStreamThatIsOpen() throws IOException {
        try (Socket socket = connected()) {
            say(socket, PREFACE + request(1, "/open"));
            String headersToBeContinued = "\0\0\1\1\0\0\0\0\3\202";
            String continuationThatIsNotTheLast = "\0\0\1\11\0\0\0\0\3\204";
            assertThat(trickleUntilCut(socket, headersToBeContinued, continuationThatIsNotTheLast))
                    .isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    @Test
    void framesWithoutARequestAreCutAndThoseBesideAStreamAreNot() throws IOException {
        try (Socket open = connected();
                Socket pinging = connected();
                Socket setting = connected()) {
            say(open, PREFACE + request(1, "/open"));
            assertThat(trickleUntilCut(pinging, PREFACE, PING)).isGreaterThanOrEqualTo(DEADLINE);
            String settings = "\0\0\0\4\0\0\0\0\0";
            assertThat(trickleUntilCut(setting, PREFACE, settings, () -> say(open, PING)))
                    .isGreaterThanOrEqualTo(DEADLINE);
            trickleUntilCut(connected(), PREFACE, PING, () -> say(open, PING));
            open.setSoTimeout(1);
            assertThatThrownBy(() -> open.getInputStream().readAllBytes()).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void aHandshakeThatTricklesInIsCutAndOneThatIsDoneIsNot(@TempDir Path folder) throws Exception {
        TestCertificate certificate = TestCertificate.ec();
        String[] settings = certificate.settingsIn(folder);
        Tls tls = Objects.requireNonNull(
                Tls.from(Settings.of(Map.of(settings[0], settings[1], settings[2], settings[3]))));
        ALPNServerConnectionFactory choice = new ALPNServerConnectionFactory("http/1.1");
        choice.setDefaultProtocol("http/1.1");
        ServerConnector secure = new ServerConnector(
                server,
                new SslConnectionFactory(tls.factory(), choice.getProtocol()),
                choice,
                new HttpConnectionFactory());
        secure.setHost("127.0.0.1");
        server.addConnector(secure);
        HeadDeadline deadline = new HeadDeadline(secure, DEADLINE);
        server.addManaged(deadline);
        secure.start();
        try (Socket done = TestCertificate.trusting(certificate)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), secure.getLocalPort())) {
            done.setSoTimeout(10_000);
            ((SSLSocket) done).startHandshake();
            String recordOf16KbOfHandshake = "\026\003\001\100\000";
            try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), secure.getLocalPort())) {
                assertThat(trickleUntilCut(slow, recordOf16KbOfHandshake)).isGreaterThanOrEqualTo(DEADLINE);
            }
            say(done, WHOLE);
            assertThat(answer(done)).startsWith("HTTP/1.1 200");
            assertThat(trickleUntilCut(done, "GET /again HTTP/1.1\r\nX-Slow: ")).isGreaterThanOrEqualTo(DEADLINE);
        }
    }

    private Socket connected() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    private static String answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] bytes = new byte[4_096];
        int read = in.read(bytes);
        return new String(bytes, 0, Math.max(0, read), StandardCharsets.US_ASCII);
    }

    /** A GET over HTTP/2. */
    private static String request(int stream, String path) {
        String head = "\202\206\1\011localhost\4" + (char) path.length() + path;
        return "\0\0" + (char) head.length() + "\1\5\0\0\0" + (char) stream + head;
    }

    private interface Meanwhile {
        void run() throws IOException;
    }

    private static Duration trickleUntilCut(Socket socket, String begin) throws IOException {
        return trickleUntilCut(socket, begin, "x");
    }

    private static Duration trickleUntilCut(Socket socket, String begin, String drop) throws IOException {
        return trickleUntilCut(socket, begin, drop, () -> {});
    }

    /** A little every now and then, so that no idle timeout can strike. Returns how long that was taken. */
    private static Duration trickleUntilCut(Socket socket, String begin, String drop, Meanwhile meanwhile)
            throws IOException {
        long begun = System.nanoTime();
        say(socket, begin);
        Awaitility.await()
                .pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    meanwhile.run();
                    try {
                        say(socket, drop);
                        return false;
                    } catch (SocketException cut) {
                        return true;
                    }
                });
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
