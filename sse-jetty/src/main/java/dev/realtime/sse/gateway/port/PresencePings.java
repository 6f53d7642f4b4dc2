package dev.realtime.sse.gateway.port;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * Keep-alive by HTTP/2 PING frames: asks clients with open streams whether they are there, and ends the connections of
 * those that say nothing. TCP tells nothing of a client behind a proxy, and nothing while something is on its way to
 * it. Anything that arrives is an answer, so that a slow reader, who gives windows back, lives. Asked and judged every
 * two thirds of a heartbeat, so noticed within two; owned by the scheduler's thread.
 */
final class PresencePings extends RepeatedLook {
    /** Connections that have been asked, and how much each had said until then. */
    private Map<HTTP2Connection, Long> asked = new HashMap<>();

    PresencePings(ServerConnector connector, Duration heartbeat) {
        super(connector, heartbeat.multipliedBy(2).dividedBy(3));
    }

    @Override
    void look() {
        Map<HTTP2Connection, Long> asking = new HashMap<>();
        for (EndPoint endPoint : connector().getConnectedEndPoints()) {
            if (Layers.top(endPoint) instanceof HTTP2Connection http2
                    && !http2.getSession().getStreams().isEmpty()) {
                long said = http2.getBytesIn();
                if (Long.valueOf(said).equals(asked.get(http2))) {
                    http2.getEndPoint().close(new TimeoutException("the client does not answer"));
                } else {
                    asking.put(http2, said);
                    http2.getSession().ping(new PingFrame(false), Callback.NOOP);
                }
            }
        }
        asked = asking;
    }
}
