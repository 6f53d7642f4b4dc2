package dev.realtime.sse.internal.publish;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.Query;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.transport.PubSub;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/** {@code GET /realtime/position}: where the caller's log is, for pages that were rendered elsewhere. */
public final class PositionServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient EndpointOptions options;
    private final transient Rates rates;

    private record Answer(String cursor) {}

    public PositionServlet(Access access, PubSub pubSub, EndpointOptions options, Rates rates) {
        super(access, Set.of("GET", "HEAD"));
        this.pubSub = pubSub;
        this.options = options;
        this.rates = rates;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        Query.requireNone(request.getQueryString());
        Caller caller = access().caller(request);
        rates.require(caller, 1);
        Exchange exchange = Exchange.start(request, options.publishDeadline());
        pubSub.position(caller.orgId())
                .whenComplete((position, failure) -> exchange.orFail(() -> {
                    if (failure == null) {
                        exchange.json(HttpServletResponse.SC_OK, new Answer(position.cursor()));
                    } else {
                        exchange.fail(failure);
                    }
                }));
    }
}
