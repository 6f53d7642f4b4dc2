package dev.realtime.sse.internal.stream;

import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.Query;
import dev.realtime.transport.event.Filter;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /realtime/stream} asks for.
 *
 * @param filter which events
 * @param cursor where to go on from, as given: any text is taken; null starts now
 * @param named whether frames carry the envelope's event name
 * @param fetch whether the client can read a status: an EventSource gives up for good on any but 200
 * @param ticket the credential, as given; null for another one
 */
record StreamRequest(
        Filter filter,
        @Nullable String cursor,
        boolean named,
        boolean fetch,
        @Nullable String ticket) {
    private static final Set<String> PARAMETERS =
            Set.of("topics", "events", "named", "client", "lastEventId", "ticket");

    static StreamRequest parse(HttpServletRequest request) {
        Query query = Query.parse(request.getQueryString(), PARAMETERS, "lastEventId");
        Filter filter = new Filter(patterns(query, "topics"), patterns(query, "events"));
        String header = request.getHeader("Last-Event-ID");
        String cursor = header != null && !header.isEmpty() ? header : query.get("lastEventId");
        return new StreamRequest(
                filter,
                cursor == null || cursor.isEmpty() ? null : cursor,
                choice(query, "named", "false", "true"),
                choice(query, "client", "eventsource", "fetch"),
                query.get("ticket"));
    }

    /** What it asks for, as far as this caller may hear it. Refused if there is nothing to hear. */
    Filter filterFor(Caller caller) {
        for (String wanted : filter.topics().isEmpty() ? List.of("*") : filter.topics()) {
            if (!caller.hears().allowsAnyOf(wanted)) {
                throw Problem.of(
                                ProblemCode.TOPIC_NOT_ALLOWED,
                                "topics: the credential may not hear " + Problem.shown(wanted))
                        .about("topics")
                        .refusal();
            }
        }
        return filter.within(caller.hears());
    }

    private static List<String> patterns(Query query, String name) {
        String value = query.get(name);
        if (value == null) {
            return List.of();
        }
        List<String> patterns = List.of(value.split(",", -1));
        if (patterns.contains("")) {
            throw Problem.of(ProblemCode.EMPTY_FILTER, name + ": has an empty pattern; leave it out for all")
                    .about(name)
                    .refusal();
        }
        if (patterns.size() > Filter.MAX_PATTERNS) {
            throw Problem.of(
                            ProblemCode.TOO_MANY_FILTERS,
                            name + ": " + patterns.size() + " patterns, at most " + Filter.MAX_PATTERNS
                                    + " are allowed")
                    .about(name)
                    .sized(Filter.MAX_PATTERNS, (long) patterns.size())
                    .refusal();
        }
        return patterns;
    }

    private static boolean choice(Query query, String name, String no, String yes) {
        String value = query.get(name);
        if (value == null || value.equals(no)) {
            return false;
        }
        if (value.equals(yes)) {
            return true;
        }
        throw Problem.of(ProblemCode.INVALID_PARAMETER, name + ": it is " + no + " or " + yes)
                .about(name)
                .refusal();
    }
}
