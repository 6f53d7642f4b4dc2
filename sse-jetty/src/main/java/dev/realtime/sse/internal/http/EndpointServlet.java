package dev.realtime.sse.internal.http;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/** What all of our resources do alike: methods, CORS, errors. */
public abstract class EndpointServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

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
        if (LateBody.isNeverRead(request)) {
            Problem.announceClose(response);
        }
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
            } else {
                LateBody.refuse(request, response, Problem.of(e));
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
}
