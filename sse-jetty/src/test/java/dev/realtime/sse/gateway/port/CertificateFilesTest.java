package dev.realtime.sse.gateway.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.GatewayMain;
import dev.realtime.sse.gateway.equipment.TestCertificate;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be used is one line that names the key, the file and the cause, and shows nothing of the key. */
class CertificateFilesTest {
    private static final String CERTIFICATE = "REALTIME_TLS_CERT_FILE";
    private static final String KEY = "REALTIME_TLS_KEY_FILE";

    @TempDir
    private Path folder;

    static Stream<Arguments> unusable() {
        TestCertificate rsa = TestCertificate.rsa();
        TestCertificate ec = TestCertificate.ec();
        TestCertificate expired = TestCertificate.expired();
        TestCertificate future = TestCertificate.future();
        TestCertificate ed25519 = TestCertificate.ed25519();
        String certificate = ec.certificatePem();
        String key = ec.keyPem();
        return Stream.of(
                Arguments.of(certificate, TestCertificate.renewed().keyPem(), KEY, "is not the key of the first"),
                Arguments.of(certificate, rsa.keyPem(), KEY, "has no EC key that can be read"),
                Arguments.of(rsa.certificatePem(), key, KEY, "has no RSA key that can be read"),
                Arguments.of(expired.certificatePem(), expired.keyPem(), CERTIFICATE, "expired at 20"),
                Arguments.of(future.certificatePem(), future.keyPem(), CERTIFICATE, "is not valid before 20"),
                Arguments.of(ed25519.certificatePem(), ed25519.keyPem(), CERTIFICATE, "RSA and EC are understood"),
                Arguments.of("", key, CERTIFICATE, "has no whole CERTIFICATE block"),
                Arguments.of(certificate.substring(0, 300), key, CERTIFICATE, "has no whole CERTIFICATE block"),
                Arguments.of(certificate.replace("MII", "AAA"), key, CERTIFICATE, "number 1, that is damaged"),
                Arguments.of(certificate + rsa.certificatePem().replace("MII", "AAA"), key, CERTIFICATE, "number 2"),
                Arguments.of(certificate, "", KEY, "has no PRIVATE KEY"),
                Arguments.of(certificate, certificate, KEY, "has no PRIVATE KEY block"),
                Arguments.of(certificate, key.substring(0, 100), KEY, "that is cut or damaged"),
                Arguments.of(certificate, key.replace("\nM", "\nA"), KEY, "has no EC key that can be read"),
                Arguments.of(certificate, named(key, "ENCRYPTED PRIVATE KEY"), KEY, "openssl pkey -in"),
                Arguments.of(certificate, named(key, "RSA PRIVATE KEY"), KEY, "PKCS#1; run: openssl pkey -in"),
                Arguments.of(certificate, named(key, "EC PRIVATE KEY"), KEY, "SEC1; run: openssl pkey -in"),
                Arguments.of(certificate, named(key, "DSA PRIVATE KEY"), KEY, "not understood; run: openssl pkey -in"));
    }

    @ParameterizedTest(name = "{2} {3}")
    @MethodSource("unusable")
    void whatCannotBeUsedIsOneLineOfKeyFileAndCause(String certificate, String key, String setting, String cause)
            throws IOException {
        Path certificateFile = Files.writeString(folder.resolve("c.pem"), certificate);
        Path keyFile = Files.writeString(folder.resolve("k.pem"), key);

        String line = startError(Map.of(CERTIFICATE, certificateFile.toString(), KEY, keyFile.toString()));

        assertThat(line)
                .startsWith("realtime-gateway: " + setting + ": '" + (setting.equals(KEY) ? keyFile : certificateFile)
                        + "' ")
                .contains(cause);
        key.lines()
                .filter(each -> each.length() > 16)
                .forEach(each -> assertThat(line).doesNotContain(each.substring(0, 16)));
    }

    @Test
    void oneWithoutTheOtherIsRefused() {
        assertThat(startError(Map.of(CERTIFICATE, "a.pem"))).contains(KEY + ": is not set; " + CERTIFICATE + " is");
        assertThat(startError(Map.of(KEY, "a.pem"))).contains(CERTIFICATE + ": is not set; " + KEY + " is");
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws IOException {
        Path certificate =
                Files.writeString(folder.resolve("c.pem"), TestCertificate.ec().certificatePem());
        Path large = Files.write(folder.resolve("large"), new byte[1_048_577]);
        assertThat(startError(Map.of(CERTIFICATE, folder.resolve("none").toString(), KEY, "none")))
                .contains(CERTIFICATE + ": '" + folder.resolve("none") + "' is not there");
        assertThat(startError(Map.of(CERTIFICATE, certificate.toString(), KEY, folder.toString())))
                .contains(KEY + ": '" + folder + "' is a folder");
        assertThat(startError(Map.of(CERTIFICATE, certificate.toString(), KEY, large.toString())))
                .contains(KEY + ": '" + large + "' is larger than 1048576 bytes");
        assertThat(startError(Map.of(CERTIFICATE, "\0", KEY, "none"))).contains(CERTIFICATE);
    }

    @Test
    void theServersOwnCertificateComesFirst() throws IOException {
        TestCertificate ec = TestCertificate.ec();
        Path folderOfBoth = Files.createDirectory(folder.resolve("both"));
        String[] settings = ec.settingsIn(folderOfBoth);
        Files.writeString(
                Path.of(settings[1]),
                ec.certificatePem() + TestCertificate.other().certificatePem());
        assertThat(startError(Map.of(settings[0], settings[1], settings[2], settings[3])))
                .contains("certificate 2 is not the issuer of certificate 1");
    }

    private static String named(String pem, String kind) {
        return pem.replace("PRIVATE KEY", kind);
    }

    /** What the gateway's command says when it is started with these settings: one line, exit code 2. */
    private static String startError(Map<String, String> values) {
        Map<String, String> settings = new HashMap<>(values);
        settings.put("PORT", "0");
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit =
                GatewayMain.run(Settings.of(settings), new PrintWriter(out, true), new PrintWriter(err, true), "serve");
        assertThat(exit).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines()).hasSize(1);
        return err.toString().strip();
    }
}
