package dev.realtime.sse.gateway.port;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * A deadline for request heads, against slowloris attacks: cuts connections whose next request's head takes too long
 * to arrive, TLS handshakes that do, and those that say again and again what is no request: empty lines, or HTTP/2's
 * frames without any stream. Jetty's idle timeout begins again with every byte, so that one byte a second would hold a
 * connection for ever. Who says nothing is the idle timeout's affair. A look at all connections every second; owned by
 * the scheduler's thread.
 */
public final class HeadDeadline extends RepeatedLook {
    private static final Duration LONGEST_BETWEEN = Duration.ofSeconds(1);
    private static final long SHAKING_HANDS = -1;
    /** An empty line behind a body is an old habit of clients, and a request's first bytes may just have come. */
    private static final int IN_PASSING = 2;

    private final long deadlineNanos;

    /** Connections on which no request is, and what was known of them when they were last looked at. */
    private Map<EndPoint, Wait> waits = new HashMap<>();

    /** A request that is waited for. */
    private sealed interface Wait {
        boolean isOver(long now);
    }

    /**
     * It has begun to come.
     *
     * @param requests how many came whole before it
     */
    private record Head(long requests, long since, long deadline) implements Wait {
        @Override
        public boolean isOver(long now) {
            return now - since > deadline;
        }
    }

    /**
     * It has not, or nobody knows.
     *
     * @param after what comes whole ends it
     * @param bytes what had been said altogether
     * @param times how often something had been said that is none
     * @param since when for the first time
     * @param saidNow whether since the last look
     */
    private record Talk(long after, long bytes, int times, long since, boolean saidNow, long deadline) implements Wait {
        @Override
        public boolean isOver(long now) {
            return saidNow && times > IN_PASSING && now - since > deadline;
        }

        Talk next(long bytesNow, long now) {
            return bytesNow == bytes
                    ? new Talk(after, bytes, times, since, false, deadline)
                    : new Talk(after, bytesNow, times + 1, times == 0 ? now : since, true, deadline);
        }
    }

    /** @param deadline from when a head is first seen to its end */
    public HeadDeadline(ServerConnector connector, Duration deadline) {
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
        Map<EndPoint, Wait> still = new HashMap<>();
        for (EndPoint endPoint : connector().getConnectedEndPoints()) {
            Wait wait = wait(endPoint, Layers.top(endPoint), now);
            if (wait == null) {
                continue;
            }
            if (wait.isOver(now)) {
                endPoint.close();
            } else {
                still.put(endPoint, wait);
            }
        }
        waits = still;
    }

    /** Null where none is waited for. */
    private @Nullable Wait wait(EndPoint endPoint, @Nullable Connection connection, long now) {
        if (connection instanceof HttpConnection http) {
            HttpParser parser = http.getParser();
            if (parser.isStart()) {
                return talk(endPoint, http.getMessagesIn(), http.getBytesIn(), now, deadlineNanos);
            }
            return parser.inHeaderState() ? head(endPoint, http.getMessagesIn(), now) : null;
        } else if (connection instanceof HTTP2Connection http2) {
            return wait(endPoint, http2, now);
        }
        return connection instanceof NegotiatingServerConnection ? head(endPoint, SHAKING_HANDS, now) : null;
    }

    /**
     * Without streams a client may ask by PING whether a connection that it has used still stands, as long as any may be
     * quiet. With streams that say nothing more there may be a head on its way: until it is whole the parser has begun nothing
     * new. The body of a request may take its time.
     */
    private @Nullable Wait wait(EndPoint endPoint, HTTP2Connection http2, long now) {
        HTTP2Session session = http2.getSession();
        Collection<Stream> streams = session.getStreams();
        long said = http2.getBytesIn();
        if (streams.isEmpty()) {
            long opened = session.getStreamsOpened();
            long kept = TimeUnit.MILLISECONDS.toNanos(endPoint.getIdleTimeout());
            return talk(endPoint, opened, said, now, opened == 0 ? deadlineNanos : kept);
        } else if (streams.stream().allMatch(HeadDeadline::hasSaidAll)) {
            return talk(endPoint, session.getParser().getBeginNanoTime(), said, now, deadlineNanos);
        }
        return null;
    }

    private static boolean hasSaidAll(Stream stream) {
        return stream instanceof HTTP2Stream known && known.isRemotelyClosed();
    }

    private Wait head(EndPoint endPoint, long requests, long now) {
        return waits.get(endPoint) instanceof Head before && before.requests() == requests
                ? before
                : new Head(requests, now, deadlineNanos);
    }

    private Wait talk(EndPoint endPoint, long after, long bytes, long now, long deadline) {
        return waits.get(endPoint) instanceof Talk before && before.after() == after
                ? before.next(bytes, now)
                : new Talk(after, bytes, 0, now, false, deadline);
    }
}
