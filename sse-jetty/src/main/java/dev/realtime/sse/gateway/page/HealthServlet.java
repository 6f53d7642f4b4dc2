package dev.realtime.sse.gateway.page;

import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/** {@code GET /healthz}: the process lives. */
public final class HealthServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private record Health(String status) {}

    public HealthServlet(Access access) {
        super(access, Set.of("GET", "HEAD"));
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Pages.json(response, HttpServletResponse.SC_OK, new Health("ok"));
    }
}
