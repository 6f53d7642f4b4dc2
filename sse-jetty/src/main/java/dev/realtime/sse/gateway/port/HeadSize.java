package dev.realtime.sse.gateway.port;

import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.Problem;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Refuses heads over HTTP/2 as they are refused over HTTP/1.1: Jetty would end the connection, with all streams on it, and
 * nobody would be told why.
 */
public final class HeadSize extends Handler.Wrapper {
    /** A colon and a space, and the end of the line. */
    private static final int AROUND_FIELD = 4;

    public HeadSize(Handler handler) {
        super(handler);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2) {
            long line = request.getHttpURI().getPathQuery().length();
            long all = line;
            for (HttpField field : request.getHeaders()) {
                all += field.getName().length()
                        + String.valueOf(field.getValue()).length()
                        + AROUND_FIELD;
            }
            if (all > GatewayPort.HEAD_BYTES) {
                ProblemCode code =
                        line > GatewayPort.HEAD_BYTES ? ProblemCode.URI_TOO_LONG : ProblemCode.HEAD_TOO_LARGE;
                response.setStatus(code.status());
                ProblemErrorHandler.write(Problem.ofLargeHead(code, GatewayPort.HEAD_BYTES, all), response, callback);
                return true;
            }
        }
        return super.handle(request, response, callback);
    }
}
