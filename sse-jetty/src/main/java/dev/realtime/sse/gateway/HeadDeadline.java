package dev.realtime.sse.gateway;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * Cuts HTTP/1 connections whose request line and headers take too long to arrive, and TLS handshakes that do. Jetty's
 * idle timeout begins again with every byte, so that one byte a second would hold a connection for ever. A look at all
 * connections every second; owned by the scheduler's thread.
 */
final class HeadDeadline extends AbstractLifeCycle {
    private static final long LOOK_MILLIS = 1_000;
    private static final long SHAKING_HANDS = -1;

    private final ServerConnector connector;
    private final long deadlineNanos;
    private final long lookMillis;

    /** Connections that have begun to say something, and what they had said when they were first seen so. */
    private Map<EndPoint, Head> heads = new HashMap<>();

    private Scheduler.@Nullable Task next;

    /** @param requests how many requests had come whole when this one had begun */
    private record Head(long requests, long since) {}

    /** @param deadline from when a head is first seen to its end */
    HeadDeadline(ServerConnector connector, Duration deadline) {
        this.connector = connector;
        this.deadlineNanos = deadline.toNanos();
        this.lookMillis = Math.max(1, Math.min(LOOK_MILLIS, deadline.toMillis() / 4));
    }

    @Override
    protected void doStart() {
        schedule();
    }

    @Override
    protected void doStop() {
        Scheduler.Task scheduled = next;
        if (scheduled != null) {
            scheduled.cancel();
        }
    }

    private void schedule() {
        next = connector.getScheduler().schedule(this::look, lookMillis, TimeUnit.MILLISECONDS);
    }

    private void look() {
        long now = System.nanoTime();
        Map<EndPoint, Head> still = new HashMap<>();
        for (EndPoint endPoint : connector.getConnectedEndPoints()) {
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
        if (isRunning() || isStarting()) {
            schedule();
        }
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
