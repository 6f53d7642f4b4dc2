package dev.realtime.sse.internal.http;

import dev.realtime.sse.Authorizer;
import dev.realtime.sse.Caller;
import dev.realtime.sse.Origins;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Who may call, and which pages may read the answer. Immutable. */
public record Access(Authorizer authorizer, Origins origins) {
    public Caller caller(HttpServletRequest request) throws Refused {
        return authorizer.authorize(request);
    }

    /** Only for the operators' pages. */
    public void requireOperator(HttpServletRequest request) throws Refused {
        operator(request);
    }

    /** The caller, who is an operator. */
    public Caller operator(HttpServletRequest request) throws Refused {
        Caller caller = caller(request);
        if (!caller.operator()) {
            throw new Refused(ProblemCode.OPERATORS_ONLY, "this page is for tokens of the organisation _ops");
        }
        return caller;
    }

    /** Lets the page of a listed origin read what is answered. */
    void allowReading(HttpServletRequest request, HttpServletResponse response) {
        if (origins.any()) {
            response.addHeader("Vary", "Origin");
        }
        String origin = request.getHeader("Origin");
        if (origin != null && origins.lists(origin)) {
            response.setHeader("Access-Control-Allow-Origin", origin);
            response.setHeader("Access-Control-Allow-Credentials", "true");
            response.setHeader("Access-Control-Expose-Headers", "Retry-After");
        }
    }

    /** The answer to a preflight: what a listed origin may send. */
    void answerPreflight(HttpServletRequest request, HttpServletResponse response, String methods) {
        String origin = request.getHeader("Origin");
        if (origin != null && origins.lists(origin)) {
            response.setHeader("Access-Control-Allow-Methods", methods);
            response.setHeader("Access-Control-Allow-Headers", PreflightHeaders.allowed(request));
            response.addHeader("Vary", "Access-Control-Request-Headers");
            response.setHeader("Access-Control-Max-Age", "600");
        }
    }
}
