package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.TestCertificate;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The port with a certificate: which protocols it speaks, and which it refuses. */
class PortTlsTest {
    private static final int PROTOCOL_VERSION = 70;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void aKeyOfEitherKindServesBothProtocolsAndTheAddressSaysHttps(String algorithm) throws Exception {
        TestCertificate certificate = algorithm.equals("RSA") ? TestCertificate.rsa() : TestCertificate.ec();
        try (TestGateway gateway = TestGateway.start(certificate.settingsIn(folder))) {
            URI address = gateway.gateway().address();
            assertThat(address).hasScheme("https");
            for (HttpClient.Version version : HttpClient.Version.values()) {
                HttpResponse<String> answer = ask(certificate, version, address.resolve("/realtime/position"));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.version()).isEqualTo(version);
                assertThat(answer.headers().allValues("strict-transport-security"))
                        .containsExactly("max-age=31536000");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void twoVersionsOfTlsAreSpoken(String version) throws IOException {
        TestCertificate certificate = TestCertificate.rsa();
        try (TestGateway gateway = TestGateway.start(certificate.settingsIn(folder));
                SSLSocket socket = (SSLSocket) TestCertificate.trusting(certificate)
                        .getSocketFactory()
                        .createSocket(
                                InetAddress.getLoopbackAddress(),
                                gateway.gateway().port())) {
            socket.setEnabledProtocols(new String[] {version});
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
        }
    }

    /** What clients offer, by their own names, and what they get; without an offer it is HTTP/1.1. */
    @ParameterizedTest
    @CsvSource({
        "h2, h2",
        "http/1.1, http/1.1",
        "h2 http/1.1, h2",
        "http/1.1 h2, h2",
        "http/1.0 http/1.1, http/1.1",
        "'', ''"
    })
    void theProtocolIsChosenByAlpn(String offered, String chosen) throws IOException {
        TestCertificate certificate = TestCertificate.ec();
        try (TestGateway gateway = TestGateway.start(certificate.settingsIn(folder));
                SSLSocket socket = (SSLSocket) TestCertificate.trusting(certificate)
                        .getSocketFactory()
                        .createSocket(
                                InetAddress.getLoopbackAddress(),
                                gateway.gateway().port())) {
            socket.setSoTimeout(10_000);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(offered.isEmpty() ? new String[0] : offered.split(" "));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertThat(socket.getApplicationProtocol()).isEqualTo(chosen);
            if (!chosen.equals("h2")) {
                socket.getOutputStream()
                        .write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 200");
            }
        }
    }

    @Test
    void anOlderOneIsRefused() throws IOException {
        try (TestGateway gateway = TestGateway.start(TestCertificate.rsa().settingsIn(folder));
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), gateway.gateway().port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(helloOfTls11());
            byte[] alert = socket.getInputStream().readNBytes(7);
            assertThat(alert[0]).as("an alert").isEqualTo((byte) 21);
            assertThat(alert[6]).as("what it says").isEqualTo((byte) PROTOCOL_VERSION);
        }
    }

    @Test
    void withoutAuthenticationAPageOfItsOwnAndNoOtherGetsIn() throws Exception {
        TestCertificate certificate = TestCertificate.ec();
        try (TestGateway gateway = TestGateway.start(certificate.settingsIn(folder))) {
            URI position = gateway.gateway().address().resolve("/realtime/position");
            for (HttpClient.Version version : HttpClient.Version.values()) {
                String own = "https://" + position.getAuthority();
                assertThat(ask(certificate, version, position, "Origin", own).statusCode())
                        .isEqualTo(200);
                HttpResponse<String> other = ask(certificate, version, position, "Origin", "https://evil.example");
                assertThat(other.statusCode()).isEqualTo(403);
                assertThat(other.body()).contains("\"code\":\"auth_not_configured\"");
            }
        }
    }

    private static HttpResponse<String> ask(
            TestCertificate trusted, HttpClient.Version version, URI address, String... headers) throws Exception {
        HttpClient client = HttpClient.newBuilder()
                .version(version)
                .sslContext(TestCertificate.trusting(trusted))
                .build();
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** A ClientHello that offers TLS 1.1 at most, which no client in this JDK would say. */
    private static byte[] helloOfTls11() {
        byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 4 + 2];
        hello[0] = 22;
        hello[1] = 3;
        hello[2] = 1;
        hello[4] = (byte) (hello.length - 5);
        hello[5] = 1;
        hello[8] = (byte) (hello.length - 9);
        hello[9] = 3;
        hello[10] = 2;
        int suites = 11 + 32 + 1;
        hello[suites + 1] = 2;
        hello[suites + 2] = (byte) 0xC0;
        hello[suites + 3] = 0x13;
        hello[suites + 4] = 1;
        return hello;
    }
}
