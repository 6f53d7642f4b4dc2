package dev.realtime.sse.internal.http;

import dev.realtime.sse.ProblemCode;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/**
 * The body of a request that is answered without it. A server that answers and closes while it is still on the way resets
 * the connection, and the client may lose the answer; one that keeps the connection has to read it first. So it is read and
 * thrown away, up to a bound; or the answer says that the connection closes. Called by the container, one call at a time.
 */
public final class LateBody implements ReadListener {
    /** How long a body that nobody looks at may take to arrive. */
    static final Duration DEADLINE = Duration.ofSeconds(5);

    private static final Set<String> BODILESS = Set.of("GET", "HEAD", "OPTIONS");

    private final ServletInputStream in;
    private final End end;
    private long read;
    private boolean over;

    /** Told once what became of a body. */
    interface End {
        /**
         * It is over.
         *
         * @param wholly whether it was read to its end
         */
        void over(boolean wholly);
    }

    private LateBody(ServletInputStream in, End end) {
        this.in = in;
        this.end = end;
    }

    /** Refuses a request whose body nobody has begun to read. Holds no thread. */
    public static void refuse(HttpServletRequest request, HttpServletResponse response, Problem problem)
            throws IOException {
        if (!isExpected(request)) {
            problem.write(response);
        } else if (comesByItself(request)) {
            Exchange.afterBody(request, problem, exchange -> exchange.refuse(problem));
        } else {
            Problem.announceClose(response);
            problem.write(response);
        }
    }

    /** Whether one follows that nobody looks at, also where the request is served. */
    static boolean isNeverRead(HttpServletRequest request) {
        return BODILESS.contains(request.getMethod()) && isExpected(request);
    }

    /** Whether the head says that a body follows. In HTTP/2 it may leave that open, and does for a mere GET. */
    private static boolean isExpected(HttpServletRequest request) {
        long length = request.getContentLengthLong();
        if (request.getProtocol().equals("HTTP/2.0")) {
            return length != 0 && !BODILESS.contains(request.getMethod());
        }
        return length > 0 || request.getHeader("Transfer-Encoding") != null;
    }

    /** Not if its client waits to be asked for it, if it is too large to be thrown away, or if a filter forbids to wait. */
    private static boolean comesByItself(HttpServletRequest request) {
        return request.isAsyncSupported()
                && request.getHeader("Expect") == null
                && request.getContentLengthLong() <= BodyReader.MOST_THROWN_AWAY;
    }

    /** The answer where it should have come. */
    public static Problem problem() {
        return Problem.of(ProblemCode.BODY_TIMEOUT, "the body did not come in time");
    }

    /** Reads it, in a request that is answered later. */
    static void throwAway(HttpServletRequest request, End end) throws IOException {
        ServletInputStream in = request.getInputStream();
        in.setReadListener(new LateBody(in, end));
    }

    @Override
    public void onDataAvailable() throws IOException {
        while (!over && in.isReady()) {
            int count = in.read(BodyReader.THROWN_AWAY);
            if (count < 0) {
                return;
            }
            read += count;
            if (read > BodyReader.MOST_THROWN_AWAY) {
                end(false);
            }
        }
    }

    @Override
    public void onAllDataRead() {
        end(true);
    }

    @Override
    public void onError(Throwable failure) {
        end(false);
    }

    private void end(boolean wholly) {
        if (!over) {
            over = true;
            end.over(wholly);
        }
    }
}
