package dev.realtime.transport.postgres.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.sql.SQLException;
import java.util.Base64;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * How pgjdbc-ng is told to encrypt; it ignores {@code sslmode}, its own keys are others. A server that has been
 * verified is pinned: the driver accepts that very certificate and no other, so it cannot give the password to
 * another host. It reads it from a file, which is there until this is closed.
 */
final class ServerTrust implements AutoCloseable {
    private final Properties properties = new Properties();
    private final @Nullable Path file;

    private ServerTrust(SslMode mode, @Nullable Path file) {
        this.file = file;
        properties.setProperty("ssl.mode", mode.text());
        if (file != null) {
            properties.setProperty("ssl.ca.certificate.file", file.toString());
        }
    }

    static ServerTrust of(Encryption encryption, TlsProbe.Answer answer) throws SQLException {
        Certificate certificate = answer.certificate();
        if (certificate == null) {
            SslMode mode = encryption.mode();
            return new ServerTrust(answer.speaksTls() || mode.isRequired() ? mode : SslMode.DISABLE, null);
        }
        try {
            return new ServerTrust(SslMode.VERIFY_CA, written(certificate));
        } catch (IOException | CertificateEncodingException e) {
            throw new SQLException("the server's certificate cannot be kept in a temporary file", e);
        }
    }

    Properties properties() {
        return properties;
    }

    @Override
    public void close() {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path written(Certificate certificate) throws IOException, CertificateEncodingException {
        String body = Base64.getMimeEncoder().encodeToString(certificate.getEncoded());
        Path file = Files.createTempFile("realtime-server-", ".pem"); // which only we may read or write
        return Files.writeString(file, "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n");
    }
}
