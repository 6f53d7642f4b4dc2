package dev.realtime.sse.gateway.page;

import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.runtime.Trouble;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** {@code GET /readyz}: whether events flow, every part works and this instance stays. The details are for operators. */
public final class ReadinessServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient BooleanSupplier draining;

    private record Summary(boolean ready) {}

    private record Details(
            boolean ready,
            String transport,
            String state,
            @Nullable String cause,
            String since,
            String instance,
            List<Shown> troubles) {}

    private record Shown(String part, String cause, String since, boolean blocking) {
        private Shown(Trouble trouble) {
            this(trouble.part(), trouble.cause(), trouble.since().toString(), trouble.blocking());
        }
    }

    public ReadinessServlet(Access access, PubSub pubSub, BooleanSupplier draining) {
        super(access, Set.of("GET", "HEAD"));
        this.pubSub = pubSub;
        this.draining = draining;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
        TransportStatus status = pubSub.status();
        boolean stopping = draining.getAsBoolean();
        List<Trouble> troubles = pubSub.troubles();
        boolean ready = status.state().flows() && !stopping && troubles.stream().noneMatch(Trouble::blocking);
        Object body = isOperator(request)
                ? new Details(
                        ready,
                        pubSub.transportName(),
                        status.state().name(),
                        stopping ? "this instance is stopping" : status.cause(),
                        status.since().toString(),
                        pubSub.instance(),
                        troubles.stream().map(Shown::new).toList())
                : new Summary(ready);
        Pages.json(response, ready ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE, body);
    }

    private boolean isOperator(HttpServletRequest request) {
        try {
            return access().caller(request).operator();
        } catch (Refused nobody) {
            return false;
        }
    }
}
