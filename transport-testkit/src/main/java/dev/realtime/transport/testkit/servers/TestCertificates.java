package dev.realtime.transport.testkit.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate authority of one test and what it signs, made with the JDK's own {@code keytool}. Its folder goes when
 * it is closed. Thread-safe.
 */
public final class TestCertificates implements AutoCloseable {
    /** A server's certificate and key, as PEM. */
    public record Issued(String certificate, String key) {
        /** Without the key. */
        @Override
        public String toString() {
            return "Issued";
        }
    }

    private static final String PASSWORD = "keystore";
    private static final String AUTHORITY = "authority";

    private final ServerFolder folder = ServerFolder.create("certificates");
    private final Path store = folder.resolve("store.p12");
    private int issued;

    private TestCertificates() {}

    /** A new authority. */
    public static TestCertificates create() {
        TestCertificates made = new TestCertificates();
        made.generate(AUTHORITY, "-dname", "CN=Test authority", "-ext", "bc:c", "-validity", "2");
        return made;
    }

    /** The authority's own certificate, a file of PEM: what clients trust. */
    public Path authority() {
        try {
            return Files.writeString(folder.resolve("authority.pem"), certificate(AUTHORITY));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A certificate for this host name, good for two days. */
    public Issued issue(String host) {
        return issue(host, "-1d", 3);
    }

    /** A certificate for this host name, over since yesterday. */
    public Issued expired(String host) {
        return issue(host, "-3d", 2);
    }

    @Override
    public void close() {
        folder.delete();
    }

    private synchronized Issued issue(String host, String since, int days) {
        String alias = "server-" + ++issued;
        generate(
                alias,
                "-signer",
                AUTHORITY,
                "-dname",
                "CN=" + host,
                "-ext",
                "san=dns:" + host,
                "-startdate",
                since,
                "-validity",
                Integer.toString(days));
        return new Issued(certificate(alias), key(alias));
    }

    private void generate(String alias, String... what) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair"));
        command.addAll(List.of("-alias", alias, "-keyalg", "EC", "-groupname", "secp384r1"));
        command.addAll(List.of("-sigalg", "SHA384withECDSA")); // as public authorities do
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD));
        command.addAll(List.of(what));
        ServerProcess.run(command, folder.resolve("keytool.log"));
    }

    private String certificate(String alias) {
        try {
            return pem("CERTIFICATE", keyStore().getCertificate(alias).getEncoded());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String key(String alias) {
        try {
            return pem(
                    "PRIVATE KEY",
                    keyStore().getKey(alias, PASSWORD.toCharArray()).getEncoded());
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private KeyStore keyStore() throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    }

    private static String pem(String what, byte[] der) {
        String body = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n";
    }
}
