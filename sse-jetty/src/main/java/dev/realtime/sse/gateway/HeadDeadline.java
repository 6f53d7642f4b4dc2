package dev.realtime.sse.gateway;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * Cuts HTTP/1 connections whose request line and headers take too long to arrive, and TLS handshakes that do. Jetty's
 * idle timeout begins again with every byte, so that one byte a second would hold a connection for ever. A look at all
 * connections every second; owned by the scheduler's thread.
 */
final class HeadDeadline extends RepeatedLook {
    private static final Duration LONGEST_BETWEEN = Duration.ofSeconds(1);
    private static final long SHAKING_HANDS = -1;

    private final long deadlineNanos;

    /** Connections that have begun to say something, and what they had said when they were first seen so. */
    private Map<EndPoint, Head> heads = new HashMap<>();

    /** @param requests how many requests had come whole when this one had begun */
    private record Head(long requests, long since) {}

    /** @param deadline from when a head is first seen to its end */
    HeadDeadline(ServerConnector connector, Duration deadline) {
        super(connector, between(deadline));
        this.deadlineNanos = deadline.toNanos();
    }

    private static Duration between(Duration deadline) {
        Duration quarter = deadline.dividedBy(4);
        return quarter.compareTo(LONGEST_BETWEEN) < 0 ? quarter : LONGEST_BETWEEN;
    }

    @Override
    void look() {
        long now = System.nanoTime();
        Map<EndPoint, Head> still = new HashMap<>();
        for (EndPoint endPoint : connector().getConnectedEndPoints()) {
            Head head = head(endPoint, now);
            if (head == null) {
                continue;
            }
            if (now - head.since() > deadlineNanos) {
                endPoint.close();
            } else {
                still.put(endPoint, head);
            }
        }
        heads = still;
    }

    /** Null where no head is on its way. */
    private @Nullable Head head(EndPoint endPoint, long now) {
        Connection connection = Layers.top(endPoint);
        long requests;
        if (connection instanceof HttpConnection http && isReadingHead(http)) {
            requests = http.getMessagesIn();
        } else if (connection instanceof NegotiatingServerConnection) {
            requests = SHAKING_HANDS;
        } else {
            return null;
        }
        Head before = heads.get(endPoint);
        return before != null && before.requests() == requests ? before : new Head(requests, now);
    }

    private static boolean isReadingHead(HttpConnection http) {
        HttpParser parser = http.getParser();
        return parser.inHeaderState() && !parser.isStart();
    }
}
