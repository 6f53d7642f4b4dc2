package dev.realtime.sse.gateway.equipment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for localhost and its key, made by the JDK's keytool, as PEM. Immutable. */
public record TestCertificate(Certificate certificate, String certificatePem, String keyPem) {
    private static final String PASSWORD = "of-a-test";
    private static final Map<String, TestCertificate> MADE = new ConcurrentHashMap<>();
    private static final String[] EC = {"-keyalg", "EC", "-groupname", "secp256r1"};

    public static TestCertificate rsa() {
        return made("rsa", "-keyalg", "RSA", "-keysize", "2048", "-startdate", "-1d", "-validity", "30");
    }

    public static TestCertificate ec() {
        return made("ec", ec("-startdate", "-1d", "-validity", "30"));
    }

    /** Of the same name as {@link #ec}, with another key. */
    public static TestCertificate renewed() {
        return made("renewed", ec("-startdate", "-1d", "-validity", "60"));
    }

    public static TestCertificate expired() {
        return made("expired", ec("-startdate", "-3d", "-validity", "1"));
    }

    public static TestCertificate future() {
        return made("future", ec("-startdate", "+3d", "-validity", "5"));
    }

    public static TestCertificate ed25519() {
        return made("ed25519", "-keyalg", "Ed25519", "-validity", "5");
    }

    /** Of another name. */
    public static TestCertificate other() {
        return made("other", ec("-dname", "CN=other", "-validity", "5"));
    }

    /** Writes both files, and returns the settings that name them. */
    public String[] settingsIn(Path folder) {
        Path certificateFile = folder.resolve("cert.pem");
        Path keyFile = folder.resolve("key.pem");
        try {
            Files.writeString(certificateFile, certificatePem);
            Files.writeString(keyFile, keyPem);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new String[] {
            "REALTIME_TLS_CERT_FILE", certificateFile.toString(), "REALTIME_TLS_KEY_FILE", keyFile.toString()
        };
    }

    /** A client's, that trusts these and nothing else. */
    public static SSLContext trusting(TestCertificate... trusted) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (TestCertificate each : trusted) {
                store.setCertificateEntry(each.certificate().toString(), each.certificate());
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    public static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(der)
                + "\n-----END " + kind + "-----\n";
    }

    private static String[] ec(String... dates) {
        List<String> all = new ArrayList<>(List.of(EC));
        all.addAll(List.of(dates));
        return all.toArray(String[]::new);
    }

    private static TestCertificate made(String name, String... how) {
        return MADE.computeIfAbsent(name, any -> make(how));
    }

    private static TestCertificate make(String... how) {
        try {
            Path folder = Files.createTempDirectory("realtime-certificate");
            Path file = folder.resolve("store.p12");
            try {
                keytool(file, how);
                KeyStore store = KeyStore.getInstance("PKCS12");
                try (InputStream in = Files.newInputStream(file)) {
                    store.load(in, PASSWORD.toCharArray());
                }
                Certificate certificate = store.getCertificate("server");
                PrivateKey key = (PrivateKey) store.getKey("server", PASSWORD.toCharArray());
                return new TestCertificate(
                        certificate,
                        pem("CERTIFICATE", certificate.getEncoded()),
                        pem("PRIVATE KEY", key.getEncoded()));
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void keytool(Path store, String... how) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                "server",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1"));
        if (!List.of(how).contains("-dname")) {
            command.addAll(List.of("-dname", "CN=localhost"));
        }
        command.addAll(List.of(how));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (keytool.waitFor() != 0) {
                throw new AssertionError(said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
