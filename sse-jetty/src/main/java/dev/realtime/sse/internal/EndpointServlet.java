package dev.realtime.sse.internal;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/** What all of our resources do alike: methods, CORS, errors. */
public abstract class EndpointServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int SMALL_BODY_BYTES = 4_096;

    private static final Set<String> BODILESS = Set.of("GET", "HEAD", "OPTIONS");
    /** How long the body of a refused request may take to arrive. */
    private static final Duration REFUSED_BODY = Duration.ofSeconds(5);

    private final transient Access access;
    private final Set<String> methods;
    private final String allow;

    protected EndpointServlet(Access access, Set<String> methods) {
        this.access = access;
        this.methods = methods;
        Set<String> all = new TreeSet<>(methods);
        all.add("OPTIONS");
        this.allow = String.join(", ", all);
    }

    /** Answers, or throws what {@link Problem#of(Throwable)} knows. */
    protected abstract void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException;

    protected final Access access() {
        return access;
    }

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        access.allowReading(request, response);
        response.setHeader("X-Content-Type-Options", "nosniff");
        try {
            if (request.getMethod().equals("OPTIONS")) {
                response.setHeader("Allow", allow);
                access.answerPreflight(request, response, allow);
                response.setStatus(HttpServletResponse.SC_NO_CONTENT);
            } else if (methods.contains(request.getMethod())) {
                serve(request, response);
            } else {
                response.setHeader("Allow", allow);
                throw Problem.of(ProblemCode.METHOD_NOT_ALLOWED, "allowed here: " + allow)
                        .refusal();
            }
        } catch (Refused | RuntimeException | Error e) {
            if (request.isAsyncStarted()) {
                giveUp(request, response, e);
            } else if (mayBeReset(request)) {
                Exchange.refuseAfterBody(request, REFUSED_BODY, e);
            } else {
                if (mayHaveUnreadBody(request)) {
                    Problem.announceClose(response);
                }
                Problem.of(e).write(response);
            }
        }
    }

    /** What nobody answers any more: the container would wait for an answer that does not come. */
    private static void giveUp(HttpServletRequest request, HttpServletResponse response, Throwable failure)
            throws IOException {
        try {
            if (!response.isCommitted()) {
                response.reset();
                Problem.of(failure).write(response);
            }
        } finally {
            complete(request);
        }
    }

    private static void complete(HttpServletRequest request) {
        try {
            request.getAsyncContext().complete();
        } catch (IllegalStateException over) {
            // a stream has ended it
        }
    }

    /** An HTTP/2 stream that is answered while its body is on the way: the client may not hear the answer. */
    private static boolean mayBeReset(HttpServletRequest request) {
        return request.getProtocol().equals("HTTP/2.0")
                && !BODILESS.contains(request.getMethod())
                && request.getContentLengthLong() != 0
                && !request.isAsyncStarted();
    }

    /** More than the container reads for us, to use the connection again. */
    private static boolean mayHaveUnreadBody(HttpServletRequest request) {
        return request.getContentLengthLong() > SMALL_BODY_BYTES || request.getHeader("Transfer-Encoding") != null;
    }
}
