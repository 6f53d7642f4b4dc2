package dev.realtime.transport.postgres.internal.connect;

import dev.realtime.transport.settings.Secrets;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Knocks at a server for the driver that listens: asks whether it speaks TLS, as every client does first, and if it
 * does and is who it has to be, leads to it by a {@link TlsBridge}. That driver would wait for a minute,
 * uninterruptibly, for a server that has taken the question and says nothing. Owned by one thread.
 */
public final class ServerDoor implements AutoCloseable {
    /** Length 8, code 80877103: PostgreSQL's protocol, "SSLRequest". */
    private static final long SSL_REQUEST = 8L << 32 | 80_877_103L;

    private final ServerAddress server;
    private final @Nullable TlsBridge bridge;

    private ServerDoor(ServerAddress server, @Nullable TlsBridge bridge) {
        this.server = server;
        this.bridge = bridge;
    }

    /** Returns within about four times the timeout. Throws if it is not the server that is asked for. */
    public static ServerDoor open(ServerAddress server, Encryption encryption, Duration timeout) throws SQLException {
        int millis = Math.toIntExact(timeout.toMillis());
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(server.host(), server.port()), millis);
            socket.setSoTimeout(millis);
            new DataOutputStream(socket.getOutputStream()).writeLong(SSL_REQUEST);
            int answer = socket.getInputStream().read();
            if (answer < 0) {
                throw new IOException("the server closed the connection");
            }
            if (answer != 'S' && encryption.mode().isRequired()) {
                throw new IOException("the server does not speak TLS, and sslmode is "
                        + encryption.mode().text());
            }
            if (answer != 'S' || encryption.mode() == SslMode.DISABLE) {
                socket.close();
                return new ServerDoor(server, null);
            }
            SSLSocket secure = shakenHands(socket, server, encryption);
            socket.setSoTimeout(0);
            socket.setKeepAlive(true);
            socket.setTcpNoDelay(true);
            return new ServerDoor(server, TlsBridge.to(socket, secure, timeout));
        } catch (IOException | GeneralSecurityException e) {
            TlsBridge.closeQuietly(socket);
            throw new SQLException(Secrets.messageOf(e), e);
        }
    }

    /** Where the driver has to connect to, once and without TLS. */
    public ServerAddress address() {
        return bridge == null ? server : bridge.address();
    }

    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
    }

    private static SSLSocket shakenHands(Socket socket, ServerAddress server, Encryption encryption)
            throws IOException, GeneralSecurityException {
        SSLSocket secure = (SSLSocket)
                encryption.trust().getSocketFactory().createSocket(socket, server.host(), server.port(), true);
        SSLParameters parameters = secure.getSSLParameters();
        if (encryption.mode() == SslMode.VERIFY_FULL) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the host's name is in the certificate
        }
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        return secure;
    }
}
