package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Json;
import dev.realtime.sse.internal.http.MediaType;
import dev.realtime.sse.internal.http.Query;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /realtime/caller}: whose streams these would be, as {@code realtime.open} says it: a tab asks before it listens
 * to another tab's. A ticket is not used up.
 */
public final class CallerServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;
    private static final Set<String> PARAMETERS = Set.of("ticket");

    private final transient @Nullable Tickets tickets;
    private final transient CallerHash hash;

    private record Answer(String caller) {}

    /** @param tickets null if there are none */
    public CallerServlet(Access access, @Nullable Tickets tickets, CallerHash hash) {
        super(access, Set.of("GET", "HEAD"));
        this.tickets = tickets;
        this.hash = hash;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        String ticket = Query.parse(request.getQueryString(), PARAMETERS, null).get("ticket");
        Caller caller = Tickets.credential(tickets, access(), request, ticket).caller();
        Json.write(response, MediaType.JSON, Json.bytes(new Answer(hash.of(caller))));
    }
}
