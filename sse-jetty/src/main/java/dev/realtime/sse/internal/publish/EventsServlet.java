package dev.realtime.sse.internal.publish;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.credential.Revocation;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.BodyMemory;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.Query;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.sse.internal.write.StreamWriters;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Publication;
import dev.realtime.transport.Published;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.FieldRules;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code POST /realtime/events}: read → parse → publish → answer after commit, without holding a thread. */
public final class EventsServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient Rates rates;
    private final transient StreamWriters writers;
    private final transient EndpointOptions options;
    private final transient BodyMemory bodies;

    /** What became of one event. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Answer(
            String id, @Nullable String cursor, @Nullable String state) {}

    /** @param writers of the streams: publishers wait until they have had their turn */
    public EventsServlet(
            Access access,
            PubSub pubSub,
            EndpointOptions options,
            Rates rates,
            BodyMemory bodies,
            StreamWriters writers) {
        super(access, Set.of("POST"));
        this.pubSub = pubSub;
        this.rates = rates;
        this.writers = writers;
        this.options = options;
        this.bodies = bodies;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        Query.requireNone(request.getQueryString());
        Caller caller = access().caller(request);
        rates.require(caller, 1);
        Exchange.withJson(
                request,
                options.publishDeadline(),
                bodies.open(caller.orgId()),
                options.largestBodyBytes(),
                (exchange, body) -> publish(exchange, caller, body));
    }

    private void publish(Exchange exchange, Caller caller, byte[] body) {
        List<Event> events = EventsBody.parse(body, options.maxPayloadBytes(), caller.orgId());
        requireAllowed(caller, events);
        rates.require(caller, events.size());
        Publication publication = pubSub.offer(events);
        int bytes = body.length; // whoever waits for the commit does not hold the body
        exchange.follow(
                publication,
                () -> queued(publication),
                published -> paced(bytes, () -> exchange.orFail(() -> answer(exchange, published))));
    }

    /** After the commit; and while streams wait for their turn to be written, not before they have had it. */
    private void paced(int bytes, Runnable answer) {
        writers.next().pace(bytes, answer);
    }

    private static void requireAllowed(Caller caller, List<Event> events) {
        for (int index = 0; index < events.size(); index++) {
            Event event = events.get(index);
            if (!caller.mayPublishTo(event.orgId())) {
                throw Problem.of(
                                ProblemCode.ORGANISATION_NOT_ALLOWED,
                                "org_id: the credential may not publish to another organisation")
                        .about("org_id")
                        .at(index)
                        .refusal();
            }
            if (event.orgId().equals(FieldRules.OPERATORS) && event.type().equals(Revocation.NOTICE)) {
                throw Problem.of(
                                ProblemCode.INVALID_EVENT,
                                "event: '" + Revocation.NOTICE + "' is reserved here; revoke by /realtime/revocations")
                        .about("event")
                        .at(index)
                        .refusal();
            }
            if (!caller.publishes().allows(event.topic())) {
                throw Problem.of(ProblemCode.TOPIC_NOT_ALLOWED, "topic: the credential may not publish to this topic")
                        .about("topic")
                        .at(index)
                        .refusal();
            }
        }
    }

    private static List<Answer> queued(Publication publication) {
        return publication.eventIds().stream()
                .map(id -> new Answer(id, null, "queued"))
                .toList();
    }

    private static void answer(Exchange exchange, List<Published> published) {
        exchange.json(
                HttpServletResponse.SC_CREATED,
                published.stream().map(EventsServlet::committed).toList());
    }

    private static Answer committed(Published published) {
        return new Answer(published.id(), published.position().cursor(), null);
    }
}
