package dev.realtime.sse.internal;

import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.transport.Filter;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/** {@code GET /realtime/stream}. One browser's walk: parse → authorise → open → stream → close. */
public final class StreamServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient Streams streams;

    public StreamServlet(Access access, PubSub pubSub, Streams streams) {
        super(access, Set.of("GET", "HEAD"));
        this.pubSub = pubSub;
        this.streams = streams;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        StreamRequest asked = StreamRequest.parse(request);
        requireAcceptable(request);
        Caller caller;
        try {
            caller = access().caller(request);
        } catch (Refused e) {
            if (e.status() != HttpServletResponse.SC_SERVICE_UNAVAILABLE || asked.fetch() || isHead(request)) {
                throw e;
            }
            open(response);
            sendAway(request, asked, CloseReason.UNAVAILABLE);
            return;
        }
        if (streams.draining() && asked.fetch()) {
            throw new Refused(ProblemCode.DRAINING, "this instance is stopping; come back");
        }
        Filter filter = asked.filterFor(caller);
        if (isHead(request)) {
            open(response);
            response.flushBuffer();
            return;
        }
        Seats.Answer answer =
                streams.seats().take(caller, streams.options().proxies().clientAddress(request));
        if (answer instanceof Seats.Seat seat) {
            open(response);
            stream(request, caller, asked, filter, seat);
        } else if (answer instanceof Seats.Full full) {
            streams.meters().refused(full.kind());
            if (asked.fetch()) {
                throw Problem.of(ProblemCode.TOO_MANY_STREAMS, full.sentence())
                        .sized(full.limit(), null)
                        .refusal();
            }
            open(response);
            sendAway(request, asked, CloseReason.LIMIT);
        }
    }

    /** An EventSource takes any status but 200 for the end: it is told in the stream to come back. */
    private void sendAway(HttpServletRequest request, StreamRequest asked, CloseReason reason) throws IOException {
        SseConnection connection = new SseConnection(streams, pubSub.instance(), asked.named(), null, null);
        connection.close(reason);
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        connection.start(NoSubscription.INSTANCE, async);
    }

    private static boolean isHead(HttpServletRequest request) {
        return request.getMethod().equals("HEAD");
    }

    private static void requireAcceptable(HttpServletRequest request) throws Refused {
        if (!MediaType.acceptsEventStream(request.getHeader("Accept"))) {
            throw new Refused(ProblemCode.NOT_ACCEPTABLE, "here is only " + MediaType.EVENT_STREAM);
        }
    }

    /** The headers that keep everything between here and the browser from collecting or changing frames. */
    private static void open(HttpServletResponse response) {
        response.setStatus(HttpServletResponse.SC_OK);
        response.setContentType(MediaType.EVENT_STREAM);
        response.setHeader("Cache-Control", "no-cache, no-transform");
        response.setHeader("X-Accel-Buffering", "no");
    }

    /** From here on it lives in its {@link SseConnection}, without a thread. */
    private void stream(HttpServletRequest request, Caller caller, StreamRequest asked, Filter filter, Seats.Seat seat)
            throws IOException {
        SseConnection connection =
                new SseConnection(streams, pubSub.instance(), asked.named(), caller.expiresAt(), seat);
        SubscribeRequest wanted = new SubscribeRequest(caller.orgId(), caller.userId(), filter, asked.cursor());
        boolean started = false;
        try {
            Subscription subscription =
                    streams.draining() ? NoSubscription.INSTANCE : pubSub.subscribe(wanted, connection::signal);
            AsyncContext async = request.startAsync();
            async.setTimeout(0);
            connection.start(subscription, async);
            started = true;
        } finally {
            if (!started) {
                connection.cut(CloseReason.GONE);
            }
        }
    }
}
