package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
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
    private static final String WHOLE = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);

    @BeforeEach
    void start() throws Exception {
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.addBean(new HeadDeadline(connector, DEADLINE));
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws Exception {
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
                        .createSocket(InetAddress.getLoopbackAddress(), secure.getLocalPort());
                Socket slow = new Socket(InetAddress.getLoopbackAddress(), secure.getLocalPort())) {
            done.setSoTimeout(10_000);
            ((SSLSocket) done).startHandshake();
            String recordOf16KbOfHandshake = "\026\003\001\100\000";
            assertThat(trickleUntilCut(slow, recordOf16KbOfHandshake)).isGreaterThanOrEqualTo(DEADLINE);
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
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static String answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] bytes = new byte[4_096];
        int read = in.read(bytes);
        return new String(bytes, 0, Math.max(0, read), StandardCharsets.US_ASCII);
    }

    /** A byte every now and then, so that no idle timeout can strike. Returns how long that was taken. */
    private static Duration trickleUntilCut(Socket socket, String begin) throws IOException {
        long begun = System.nanoTime();
        say(socket, begin);
        Awaitility.await()
                .pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    try {
                        say(socket, "x");
                        return false;
                    } catch (SocketException cut) {
                        return true;
                    }
                });
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
