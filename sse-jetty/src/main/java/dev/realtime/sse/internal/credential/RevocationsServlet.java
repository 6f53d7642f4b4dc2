package dev.realtime.sse.internal.credential;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.BodyMemory;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.Query;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.transport.PubSub;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /realtime/revocations}: what was issued to somebody until now does not hold any more. For operators. */
public final class RevocationsServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient EndpointOptions options;
    private final transient Revocations revocations;
    private final transient BodyMemory bodies;
    private final transient Rates rates;

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Answer(
            String org_id,
            @Nullable String user_id,
            String revoked_at,
            String until,
            @Nullable String cursor,
            @Nullable String state) {}

    public RevocationsServlet(
            Access access,
            PubSub pubSub,
            EndpointOptions options,
            Revocations revocations,
            BodyMemory bodies,
            Rates rates) {
        super(access, Set.of("POST"));
        this.pubSub = pubSub;
        this.options = options;
        this.revocations = revocations;
        this.bodies = bodies;
        this.rates = rates;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        Query.requireNone(request.getQueryString());
        Caller caller = access().operator(request);
        rates.require(caller, 1);
        Exchange.withJson(
                request,
                options.publishDeadline(),
                bodies.open(caller.orgId()),
                RevocationBody.MAX_BYTES,
                this::revoke);
    }

    private void revoke(Exchange exchange, byte[] body) {
        Revocation revocation = RevocationBody.parse(body, options.clock().instant());
        if (!revocations.hasRoomFor(revocation)) {
            throw Problem.of(
                            ProblemCode.TOO_MANY_REVOCATIONS,
                            Revocations.MOST + " revocations hold, which is the limit; revoke whole organisations,"
                                    + " or for fewer hours")
                    .sized(Revocations.MOST, null)
                    .refusal();
        }
        exchange.follow(
                pubSub.tellInstances(List.of(revocation.notice(), revocation.event(0))),
                () -> answer(revocation, null, "queued"),
                published -> exchange.json(
                        HttpServletResponse.SC_CREATED,
                        answer(revocation, published.get(0).position().cursor(), null)));
    }

    private static Answer answer(Revocation revocation, @Nullable String cursor, @Nullable String state) {
        return new Answer(
                revocation.orgId(),
                revocation.userId(),
                revocation.revokedAt().toString(),
                revocation.until().toString(),
                cursor,
                state);
    }
}
