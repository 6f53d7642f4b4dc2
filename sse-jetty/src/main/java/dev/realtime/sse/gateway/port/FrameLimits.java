package dev.realtime.sse.gateway.port;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.WindowUpdateFrame;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.io.WindowRateControl;
import org.jspecify.annotations.Nullable;

/**
 * How often in a second an HTTP/2 client may do what costs us more than it. Beyond that its connection is closed, with all
 * streams on it: so what many users of one proxy do together has to fit. All streams of a connection may be left at once;
 * streams that are opened and left before they were answered, again and again, are an attack. One for each connection;
 * thread-safe.
 */
final class FrameLimits implements RateControl {
    private static final Duration SECOND = Duration.ofSeconds(1);
    /** As many as a connection may have streams. */
    private static final int PER_SECOND = 128;
    /** Streams that are left and opened again, and left again. */
    private static final int LEFT_PER_SECOND = 2 * PER_SECOND;
    /** For each stream that has ended what its client had said before it knew. */
    private static final int LATE_PER_SECOND = 4 * PER_SECOND;

    private final EndPoint endPoint;
    private final RateControl others = new WindowRateControl(PER_SECOND, SECOND);
    private final RateControl unanswered = new WindowRateControl(PER_SECOND, SECOND);
    private final RateControl left = new WindowRateControl(LEFT_PER_SECOND, SECOND);
    private final RateControl late = new WindowRateControl(LATE_PER_SECOND, SECOND);
    /** Streams of which one side's reset has been counted, and the other side's may come. */
    private final Set<Integer> counted = new LinkedHashSet<>();

    FrameLimits(EndPoint endPoint) {
        this.endPoint = endPoint;
    }

    @Override
    public boolean onEvent(Object frame) {
        if (frame instanceof ResetFrame reset) {
            return mayBeReset(reset.getStreamId());
        }
        return isLate(frame) ? late.onEvent(frame) : others.onEvent(frame);
    }

    /** Frames that say something come here only where their stream is over. */
    private static boolean isLate(Object frame) {
        return (frame instanceof WindowUpdateFrame window && window.getWindowDelta() > 0)
                || (frame instanceof DataFrame data && data.remaining() > 0);
    }

    /** A stream that its client resets is reset by us too: both come here. */
    private synchronized boolean mayBeReset(int stream) {
        if (counted.remove(stream)) {
            return true;
        }
        if (counted.size() >= LEFT_PER_SECOND) {
            counted.remove(counted.iterator().next());
        }
        counted.add(stream);
        return isUnanswered(stream) ? unanswered.onEvent(stream) : left.onEvent(stream);
    }

    private boolean isUnanswered(int id) {
        HTTP2Session session = session();
        HTTP2Stream stream = session == null ? null : session.getStream(id);
        return stream != null && !stream.isCommitted();
    }

    private @Nullable HTTP2Session session() {
        return endPoint.getConnection() instanceof HTTP2Connection connection ? connection.getSession() : null;
    }
}
