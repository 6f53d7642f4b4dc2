package dev.realtime.sse.gateway.page;

import dev.realtime.sse.internal.http.Json;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Small answers, all of them of the moment. Stateless. */
final class Pages {
    private Pages() {}

    static void json(HttpServletResponse response, int status, Object body) throws IOException {
        write(response, status, "application/json", Json.bytes(body));
    }

    static void write(HttpServletResponse response, int status, String contentType, byte[] body) throws IOException {
        response.setStatus(status);
        response.setHeader("Cache-Control", "no-store");
        response.setContentType(contentType);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
