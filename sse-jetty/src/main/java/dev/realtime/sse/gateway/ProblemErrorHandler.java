package dev.realtime.sse.gateway;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.Json;
import dev.realtime.sse.internal.MediaType;
import dev.realtime.sse.internal.Problem;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** What Jetty itself refuses, such as a request that is no HTTP, in the same form as our own errors. */
final class ProblemErrorHandler implements Request.Handler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Problem problem = Problem.ofStatus(response.getStatus(), code(response.getStatus()));
        byte[] body = Json.bytes(problem);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, MediaType.PROBLEM);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.write(true, ByteBuffer.wrap(body), callback);
        return true;
    }

    private static ProblemCode code(int status) {
        for (ProblemCode code : new ProblemCode[] {
            ProblemCode.NOT_FOUND, ProblemCode.METHOD_NOT_ALLOWED, ProblemCode.BODY_TIMEOUT, ProblemCode.BODY_TOO_LARGE
        }) {
            if (code.status() == status) {
                return code;
            }
        }
        return status < 500 ? ProblemCode.BAD_REQUEST : ProblemCode.INTERNAL_ERROR;
    }
}
