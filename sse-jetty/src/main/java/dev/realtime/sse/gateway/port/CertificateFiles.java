package dev.realtime.sse.gateway.port;

import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two files that make the port speak TLS. Immutable; the files are not.
 *
 * @param certificate PEM: the server's certificate, then those that lead to a known authority
 * @param key PEM: its private key, PKCS#8
 */
public record CertificateFiles(Path certificate, Path key) {
    public static final SettingKey CERTIFICATE = SettingKey.plain("REALTIME_TLS_CERT_FILE");
    public static final SettingKey KEY = SettingKey.plain("REALTIME_TLS_KEY_FILE");

    private static final int LARGEST_FILE = 1_048_576;
    /** How a key proves that it belongs to a certificate, for each algorithm of keys. */
    private static final Map<String, String> SIGNATURES = Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA");

    /** What both files say, at one time. */
    record Content(String certificate, String key) {
        @Override
        public String toString() {
            return "Content";
        }
    }

    /** As the settings say; null if both are unset. */
    static @Nullable CertificateFiles from(Settings settings) {
        Path certificate = path(settings, CERTIFICATE, KEY);
        Path key = path(settings, KEY, CERTIFICATE);
        return certificate == null || key == null ? null : new CertificateFiles(certificate, key);
    }

    private static @Nullable Path path(Settings settings, SettingKey key, SettingKey other) {
        if (settings.get(key) == null && settings.get(other) == null) {
            return null;
        }
        try {
            return Path.of(settings.require(key, other.name() + " is: TLS needs both"));
        } catch (InvalidPathException e) {
            throw settings.refused(key, "it is a file");
        }
    }

    /**
     * Reads both.
     *
     * @throws SettingsException names the file that cannot be read, and why
     */
    Content read() {
        return new Content(read(CERTIFICATE, certificate), read(KEY, key));
    }

    /**
     * The server's identity, by these contents.
     *
     * @throws SettingsException names the file at fault, and why
     */
    KeyStore identity(Content content, Instant now) {
        List<X509Certificate> chain;
        try {
            chain = Pem.certificates(content.certificate());
        } catch (Pem.Unusable e) {
            throw refused(CERTIFICATE, certificate, e.getMessage());
        }
        requireUsable(chain, now);
        try {
            PrivateKey privateKey =
                    Pem.privateKey(content.key(), chain.get(0).getPublicKey().getAlgorithm());
            requirePair(privateKey, chain.get(0));
            return store(privateKey, chain);
        } catch (Pem.Unusable e) {
            throw refused(KEY, key, e.getMessage());
        }
    }

    private void requireUsable(List<X509Certificate> chain, Instant now) {
        X509Certificate server = chain.get(0);
        String algorithm = server.getPublicKey().getAlgorithm();
        if (!SIGNATURES.containsKey(algorithm)) {
            throw refused(CERTIFICATE, certificate, "is for a key of " + algorithm + "; RSA and EC are understood");
        }
        Instant from = server.getNotBefore().toInstant();
        Instant until = server.getNotAfter().toInstant();
        if (now.isAfter(until)) {
            throw refused(CERTIFICATE, certificate, "expired at " + until);
        }
        if (now.isBefore(from)) {
            throw refused(CERTIFICATE, certificate, "is not valid before " + from);
        }
        for (int i = 1; i < chain.size(); i++) {
            if (!chain.get(i - 1).getIssuerX500Principal().equals(chain.get(i).getSubjectX500Principal())) {
                throw refused(
                        CERTIFICATE,
                        certificate,
                        "is out of order: certificate " + (i + 1) + " is not the issuer of certificate " + i
                                + "; the server's own comes first");
            }
        }
    }

    private void requirePair(PrivateKey privateKey, X509Certificate server) {
        try {
            Signature signature = Signature.getInstance(
                    SIGNATURES.getOrDefault(server.getPublicKey().getAlgorithm(), ""));
            byte[] text = "whose?".getBytes(StandardCharsets.US_ASCII);
            signature.initSign(privateKey);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(server.getPublicKey());
            signature.update(text);
            if (signature.verify(signed)) {
                return;
            }
        } catch (GeneralSecurityException notAPair) {
            // said below
        }
        throw refused(KEY, key, "is not the key of the first certificate in '" + certificate + "'");
    }

    private KeyStore store(PrivateKey privateKey, List<X509Certificate> chain) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", privateKey, new char[0], chain.toArray(Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw refused(CERTIFICATE, certificate, "has a chain that cannot be used: " + Secrets.messageOf(e));
        }
    }

    private static String read(SettingKey setting, Path file) {
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw refused(setting, file, "is larger than " + LARGEST_FILE + " bytes, so it is something else");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw refused(setting, file, "is not there");
        } catch (AccessDeniedException e) {
            throw refused(setting, file, "may not be read by this process");
        } catch (IOException e) {
            throw refused(
                    setting, file, Files.isDirectory(file) ? "is a folder" : "cannot be read: " + Secrets.messageOf(e));
        }
    }

    private static SettingsException refused(SettingKey setting, Path file, @Nullable String problem) {
        return new SettingsException(setting.name(), "'" + file + "' " + problem);
    }
}
