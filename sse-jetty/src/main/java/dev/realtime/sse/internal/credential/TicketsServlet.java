package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.LateBody;
import dev.realtime.sse.internal.http.Query;
import dev.realtime.sse.internal.http.Rates;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /realtime/tickets}: a ticket for whoever shows a credential. A body is not looked at. */
public final class TicketsServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Tickets tickets;
    private final transient Rates rates;

    private record Answer(String ticket, long expires_in) {}

    /** @param tickets null if there are none */
    public TicketsServlet(Access access, @Nullable Tickets tickets, Rates rates) {
        super(access, Set.of("POST"));
        this.tickets = tickets;
        this.rates = rates;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        Query.requireNone(request.getQueryString());
        if (tickets == null) {
            throw Tickets.off();
        }
        Caller caller = access().caller(request);
        rates.require(caller, 1);
        Tickets issuer = tickets;
        Exchange.afterBody(request, LateBody.problem(), exchange -> issue(issuer, caller, exchange));
    }

    private static void issue(Tickets issuer, Caller caller, Exchange exchange) {
        try {
            Tickets.Issued issued = issuer.issue(caller);
            exchange.json(
                    HttpServletResponse.SC_CREATED,
                    new Answer(issued.ticket(), issued.life().toSeconds()));
        } catch (Refused e) {
            exchange.fail(e);
        }
    }
}
