package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.sse.gateway.equipment.TestCertificate;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A certificate that is replaced while the server runs. */
class RenewedCertificateTest {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    @TempDir
    private Path folder;

    private final Server server = new Server();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(RenewedCertificate.class);
    private ServerConnector connector;
    private Path certificateFile;
    private Path keyFile;

    @BeforeEach
    void start() throws Exception {
        log.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        log.start();
        logger.setLevel(ch.qos.logback.classic.Level.INFO);
        logger.setAdditive(false);
        logger.addAppender(log);
        String[] settings = TestCertificate.ec().settingsIn(folder);
        certificateFile = Path.of(settings[1]);
        keyFile = Path.of(settings[3]);
        Tls tls = Objects.requireNonNull(
                Tls.from(Settings.of(Map.of(settings[0], settings[1], settings[2], settings[3]))));
        connector = new ServerConnector(
                server, new SslConnectionFactory(tls.factory(), "http/1.1"), new HttpConnectionFactory());
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.addBean(tls.renewedOn(connector, BETWEEN_LOOKS));
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
        logger.detachAppender(log);
    }

    @Test
    void newConnectionsGetItAndOpenOnesStay() throws IOException {
        try (SSLSocket old = connected()) {
            assertThat(shownBy(old)).isEqualTo(TestCertificate.ec().certificate());
            assertThat(answer(old)).startsWith("HTTP/1.1 404");

            replace(TestCertificate.renewed());
            awaitShown(TestCertificate.renewed());

            assertThat(answer(old)).as("the open connection").startsWith("HTTP/1.1 404");
            assertThat(lines())
                    .containsExactly("The renewed certificate in " + certificateFile + " is used from now on");
        }
    }

    @Test
    void aBrokenOneIsNamedOnceAndTheOneBeforeStays() throws IOException {
        Files.writeString(keyFile, TestCertificate.rsa().keyPem());
        awaitLines(1);
        assertThat(shown()).isEqualTo(TestCertificate.ec().certificate());
        Files.delete(certificateFile);
        awaitLines(2);
        assertThat(shown()).isEqualTo(TestCertificate.ec().certificate());
        replace(TestCertificate.expired());
        awaitLines(3);
        assertThat(shown()).isEqualTo(TestCertificate.ec().certificate());
        replace(TestCertificate.renewed());
        awaitShown(TestCertificate.renewed());

        String stays = "The certificate used so far stays in use: ";
        assertThat(lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith(stays + "REALTIME_TLS_KEY_FILE: '" + keyFile + "' has no EC"),
                        line -> assertThat(line)
                                .isEqualTo(stays + "REALTIME_TLS_CERT_FILE: '" + certificateFile + "' is not there"),
                        line -> assertThat(line).contains("' expired at "),
                        line -> assertThat(line).startsWith("The renewed certificate"));
    }

    private void replace(TestCertificate with) {
        with.settingsIn(folder);
    }

    private void awaitLines(int number) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> lines().size() >= number);
    }

    private void awaitShown(TestCertificate wanted) {
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> shown().equals(wanted.certificate()));
    }

    private List<String> lines() {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private Certificate shown() throws IOException {
        try (SSLSocket socket = connected()) {
            return shownBy(socket);
        }
    }

    private static Certificate shownBy(SSLSocket socket) throws IOException {
        return socket.getSession().getPeerCertificates()[0];
    }

    private SSLSocket connected() throws IOException {
        SSLSocket socket = (SSLSocket)
                TestCertificate.trusting(TestCertificate.ec(), TestCertificate.renewed(), TestCertificate.expired())
                        .getSocketFactory()
                        .createSocket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        return socket;
    }

    private static String answer(SSLSocket socket) throws IOException {
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] bytes = new byte[8_192];
        int read = socket.getInputStream().read(bytes);
        return new String(bytes, 0, Math.max(0, read), StandardCharsets.US_ASCII);
    }
}
