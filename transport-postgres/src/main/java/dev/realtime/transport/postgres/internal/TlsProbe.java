package dev.realtime.transport.postgres.internal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.sql.SQLException;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server whether it speaks TLS, as every client does first, and who it is. For the driver that listens, which
 * waits for a minute, uninterruptibly, for a server that has taken the question and says nothing, and which looks at
 * the certificate's host name only after it has given the password. Stateless.
 */
final class TlsProbe {
    /** Length 8, code 80877103: PostgreSQL's protocol, "SSLRequest". */
    private static final long SSL_REQUEST = 8L << 32 | 80_877_103L;

    /**
     * What the server said.
     *
     * @param certificate the server's own, trusted and for this host, if the mode verifies; otherwise null
     */
    record Answer(boolean speaksTls, @Nullable Certificate certificate) {}

    private TlsProbe() {}

    /** Returns within about four times the timeout. Throws if it is not the server that is asked for. */
    static Answer ask(ServerAddress server, Encryption encryption, Duration timeout) throws SQLException {
        int millis = Math.toIntExact(timeout.toMillis());
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(server.host(), server.port()), millis);
            socket.setSoTimeout(millis);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeLong(SSL_REQUEST);
            int answer = socket.getInputStream().read();
            if (answer < 0) {
                throw new SQLException("the server closed the connection");
            }
            if (answer != 'S' && encryption.mode().isRequired()) {
                throw new SQLException("the server does not speak TLS, and sslmode is "
                        + encryption.mode().text());
            }
            boolean verifies = encryption.mode().isVerified();
            return new Answer(answer == 'S', verifies ? verified(socket, server, encryption) : null);
        } catch (IOException | GeneralSecurityException e) {
            throw new SQLException(e.getMessage(), e);
        }
    }

    private static Certificate verified(Socket socket, ServerAddress server, Encryption encryption)
            throws IOException, GeneralSecurityException {
        try (SSLSocket secure = (SSLSocket)
                encryption.trust().getSocketFactory().createSocket(socket, server.host(), server.port(), true)) {
            SSLParameters parameters = secure.getSSLParameters();
            if (encryption.mode() == SslMode.VERIFY_FULL) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the host's name is in the certificate
            }
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            return secure.getSession().getPeerCertificates()[0];
        }
    }
}
