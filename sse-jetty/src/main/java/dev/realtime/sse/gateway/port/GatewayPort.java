package dev.realtime.sse.gateway.port;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's port: HTTP/1.1 and HTTP/2, plainly or over TLS, and how it notices that a client is no longer there. TCP
 * asks on quiet connections, within a heartbeat; {@link PresencePings} asks HTTP/2 clients, also through proxies; who
 * answers but does not read meets the write deadline.
 */
public final class GatewayPort extends ServerConnector {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayPort.class);
    /** As ALPN names it, where upper and lower case matter. */
    private static final String HTTP_1_1 = "http/1.1";
    /** Of two programs in a row the first may take a bare LF for a part of a line and the second for its end. */
    private static final HttpCompliance LINES_END_IN_CRLF = HttpCompliance.RFC9110.without(
            "CRLF", HttpCompliance.Violation.LF_HEADER_TERMINATION, HttpCompliance.Violation.LF_CHUNK_TERMINATION);
    /** How long browsers that came by TLS come by TLS only. */
    private static final Duration BY_TLS_ONLY = Duration.ofDays(365);
    /** How long a request line and its headers may take to arrive. */
    private static final Duration HEAD_DEADLINE = Duration.ofSeconds(10);
    /** How long the server waits, when it stops, for a kept connection to say something. */
    private static final Duration IDLE_AT_STOP = Duration.ofMillis(100);
    /** Of a request and of an answer. Every open stream keeps them; what is larger takes them several times. */
    private static final int BUFFER_BYTES = 1_024;
    /**
     * Most that a request's line and headers have together. It holds the largest of everything that is allowed: 100 topics
     * and 100 events, each character in the form of three, a cursor and a ticket (81,000), and a token that allows 100
     * topics and as many for publishing (37,000).
     */
    public static final int HEAD_BYTES = 131_072;
    /** How many may knock at once; the system may allow fewer. */
    private static final int ACCEPT_QUEUE = 4_096;
    /** How often TCP asks before it gives a client up. */
    private static final int PROBES = 5;
    /** Of a heartbeat: streams that were written together are asked spread over this part of it. */
    private static final int SPREAD_PARTS = 5;

    private final int secondsBetweenProbes;
    private final int secondsOfQuiet;
    private final int secondsSooner;

    private GatewayPort(Server server, Duration heartbeat, ConnectionFactory... protocols) {
        super(server, protocols);
        long heartbeatSeconds = heartbeat.toSeconds();
        this.secondsBetweenProbes = (int) Math.max(1, heartbeatSeconds / 15);
        this.secondsOfQuiet = (int) Math.max(1, heartbeatSeconds - 1 - PROBES * (long) secondsBetweenProbes);
        this.secondsSooner = (int) Math.min(secondsOfQuiet - 1L, heartbeatSeconds / SPREAD_PARTS);
    }

    /** Adds the port to the server, which opens it when it starts. */
    public static GatewayPort open(Server server, String host, int number, @Nullable Tls tls, Duration heartbeat) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        http.setOutputBufferSize(BUFFER_BYTES);
        http.setRequestHeaderSize(HEAD_BYTES);
        http.setHttpCompliance(LINES_END_IN_CRLF);
        GatewayPort port = new GatewayPort(server, heartbeat, tls == null ? plain(http) : secure(http, tls));
        port.setHost(host);
        port.setPort(number);
        port.setAcceptQueueSize(ACCEPT_QUEUE);
        port.setShutdownIdleTimeout(IDLE_AT_STOP.toMillis());
        server.addConnector(port);
        server.addBean(new HeadDeadline(port, HEAD_DEADLINE));
        server.addBean(new PresencePings(port, heartbeat));
        if (tls != null) {
            server.addBean(tls.renewedOn(port));
        }
        return port;
    }

    private static ConnectionFactory[] plain(HttpConfiguration http) {
        return new ConnectionFactory[] {http1(http), Http2.plain(http2(http))};
    }

    private static ConnectionFactory[] secure(HttpConfiguration http, Tls tls) {
        // There is one certificate. Whether it is for the name that was asked for is the client's question.
        SecureRequestCustomizer customizer = new SecureRequestCustomizer(false);
        customizer.setStsMaxAge(BY_TLS_ONLY.toSeconds());
        http.addCustomizer(customizer);
        ALPNServerConnectionFactory choice = new ALPNServerConnectionFactory("h2", HTTP_1_1);
        choice.setDefaultProtocol(HTTP_1_1);
        return new ConnectionFactory[] {
            new SslConnectionFactory(tls.factory(), choice.getProtocol()),
            choice,
            Http2.secure(http2(http)),
            http1(http)
        };
    }

    /** Takes heads that are too large, so that {@link HeadSize} can answer them; beyond twice the limit nobody does. */
    private static HttpConfiguration http2(HttpConfiguration http) {
        HttpConfiguration larger = new HttpConfiguration(http);
        larger.setRequestHeaderSize(2 * HEAD_BYTES);
        return larger;
    }

    private static ConnectionFactory http1(HttpConfiguration http) {
        HttpConnectionFactory factory = new HttpConnectionFactory(http);
        factory.setInputBufferSize(BUFFER_BYTES);
        return factory;
    }

    /**
     * Ten thousand probes at once overflowed the queue of a loopback device again and again, and streams of clients that
     * were there were given up: so each is asked after a quiet of its own, and often.
     */
    @Override
    protected void configure(Socket socket) {
        super.configure(socket);
        try {
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            askAfter(
                    socket,
                    ExtendedSocketOptions.TCP_KEEPIDLE,
                    secondsOfQuiet - ThreadLocalRandom.current().nextInt(1 + secondsSooner));
            askAfter(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, secondsBetweenProbes);
            askAfter(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, PROBES);
        } catch (IOException e) {
            LOG.debug("A connection is not asked by TCP: {}", e.toString());
        }
    }

    private static void askAfter(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (socket.supportedOptions().contains(option)) {
            socket.setOption(option, value);
        }
    }
}
