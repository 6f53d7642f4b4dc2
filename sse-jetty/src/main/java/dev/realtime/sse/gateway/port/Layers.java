package dev.realtime.sse.gateway.port;

import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.jspecify.annotations.Nullable;

/** The protocol stack of a socket: TCP, TLS, HTTP/1.1 or HTTP/2, as Jetty nests them. Stateless. */
final class Layers {
    private Layers() {}

    /** What speaks on this socket: above TLS, where there is TLS. Null while nothing does. */
    static @Nullable Connection top(EndPoint socket) {
        Connection connection = socket.getConnection();
        return connection instanceof SslConnection tls ? tls.getSslEndPoint().getConnection() : connection;
    }
}
