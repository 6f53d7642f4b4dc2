package dev.realtime.sse.gateway.port;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.Json;
import dev.realtime.sse.internal.http.MediaType;
import dev.realtime.sse.internal.http.Problem;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** What Jetty itself refuses, such as a request that is no HTTP, in the same form as our own errors. */
public final class ProblemErrorHandler implements Request.Handler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        write(problem(response.getStatus()), response, callback);
        return true;
    }

    /** Answers with a problem, whose status has been set. */
    static void write(Problem problem, Response response, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, MediaType.PROBLEM);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.write(true, ByteBuffer.wrap(Json.bytes(problem)), callback);
    }

    private static Problem problem(int status) {
        ProblemCode code = code(status);
        return code == ProblemCode.URI_TOO_LONG || code == ProblemCode.HEAD_TOO_LARGE
                ? Problem.ofLargeHead(code, GatewayPort.HEAD_BYTES, GatewayPort.HEAD_BYTES + 1L)
                : Problem.ofStatus(status, code);
    }

    private static ProblemCode code(int status) {
        for (ProblemCode code : new ProblemCode[] {
            ProblemCode.NOT_FOUND,
            ProblemCode.METHOD_NOT_ALLOWED,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.URI_TOO_LONG,
            ProblemCode.HEAD_TOO_LARGE
        }) {
            if (code.status() == status) {
                return code;
            }
        }
        return status < 500 ? ProblemCode.BAD_REQUEST : ProblemCode.INTERNAL_ERROR;
    }
}
