package dev.realtime.sse.gateway.page;

import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** {@code GET /metrics}, as Prometheus reads it. For operators. */
public final class MetricsServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PrometheusMeterRegistry registry;

    public MetricsServlet(Access access, PrometheusMeterRegistry registry) {
        super(access, Set.of("GET", "HEAD"));
        this.registry = registry;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        access().requireOperator(request);
        Pages.write(
                response,
                HttpServletResponse.SC_OK,
                "text/plain; version=0.0.4; charset=utf-8",
                registry.scrape().getBytes(StandardCharsets.UTF_8));
    }
}
