package dev.realtime.sse.gateway.port;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.jspecify.annotations.Nullable;

/** HTTP/2 as the gateway speaks it. Stateless. */
public final class Http2 {
    private Http2() {}

    /** In cleartext, for clients that speak it from the first byte. */
    public static ConnectionFactory plain(HttpConfiguration http) {
        return limited(new PriorKnowledge(http));
    }

    /** Over TLS. */
    static ConnectionFactory secure(HttpConfiguration http) {
        return limited(new HTTP2ServerConnectionFactory(http));
    }

    private static ConnectionFactory limited(AbstractHTTP2ServerConnectionFactory factory) {
        factory.setRateControlFactory(new RateControl.Factory() {
            @Override
            public RateControl newRateControl(EndPoint endPoint) {
                return new FrameLimits(endPoint);
            }
        });
        return factory;
    }

    /**
     * Takes a connection over from HTTP/1.1 only at HTTP/2's own preface. An upgrade that a request asks for by a header
     * could come through a proxy that passes headers on, and what is said after it would be past that proxy's rules.
     */
    private static final class PriorKnowledge extends HTTP2CServerConnectionFactory {
        PriorKnowledge(HttpConfiguration http) {
            super(http);
        }

        @Override
        public @Nullable Connection upgradeConnection(
                Connector connector, EndPoint endPoint, MetaData.Request request, HttpFields.Mutable answer) {
            return request.getHttpVersion() == HttpVersion.HTTP_2
                    ? super.upgradeConnection(connector, endPoint, request, answer)
                    : null;
        }
    }
}
