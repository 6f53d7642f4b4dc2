package dev.realtime.sse.internal;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
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

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Answer(
            String org_id,
            @Nullable String user_id,
            String revoked_at,
            String until,
            @Nullable String cursor,
            @Nullable String state) {}

    public RevocationsServlet(Access access, PubSub pubSub, EndpointOptions options, Revocations revocations) {
        super(access, Set.of("POST"));
        this.pubSub = pubSub;
        this.options = options;
        this.revocations = revocations;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        Query.requireNone(request.getQueryString());
        access().requireOperator(request);
        if (!MediaType.isJson(request.getContentType())) {
            throw new Refused(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "the content type must be " + MediaType.JSON);
        }
        BodyReader.requireWithin(request, RevocationBody.MAX_BYTES);
        Exchange exchange = Exchange.start(request, options.publishDeadline());
        Problem late = exchange.whenLate(Problem.of(ProblemCode.BODY_TIMEOUT, "the body did not come in time"));
        BodyReader.read(
                request,
                RevocationBody.MAX_BYTES,
                body -> {
                    exchange.whenLate(late);
                    revoke(exchange, body);
                },
                exchange::fail);
    }

    private void revoke(Exchange exchange, byte[] body) {
        try {
            Revocation revocation = RevocationBody.parse(body, options.clock().instant());
            if (!revocations.hasRoomFor(revocation)) {
                throw Problem.of(
                                ProblemCode.TOO_MANY_REVOCATIONS,
                                Revocations.MOST + " revocations hold, which is the limit; revoke whole organisations,"
                                        + " or for fewer hours")
                        .sized(Revocations.MOST, null)
                        .refusal();
            }
            answer(exchange, revocation, pubSub.offer(List.of(revocation.event(0))));
        } catch (RuntimeException e) {
            exchange.fail(e);
        }
    }

    private static void answer(Exchange exchange, Revocation revocation, Publication publication) {
        publication.accepted().whenComplete((acceptance, failure) -> {
            if (failure != null) {
                exchange.fail(failure);
            } else if (acceptance == Publication.Acceptance.QUEUED) {
                exchange.json(HttpServletResponse.SC_ACCEPTED, answer(revocation, null, "queued"));
            }
        });
        publication.committed().whenComplete((published, failure) -> {
            if (failure == null) {
                String cursor = published.get(0).position().cursor();
                exchange.json(HttpServletResponse.SC_CREATED, answer(revocation, cursor, null));
            } else {
                exchange.fail(failure);
            }
        });
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
