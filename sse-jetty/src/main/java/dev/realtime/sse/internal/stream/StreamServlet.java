package dev.realtime.sse.internal.stream;

import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import dev.realtime.sse.Refused;
import dev.realtime.sse.internal.credential.Credential;
import dev.realtime.sse.internal.credential.Revocations;
import dev.realtime.sse.internal.credential.SentToken;
import dev.realtime.sse.internal.credential.Tickets;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.EndpointServlet;
import dev.realtime.sse.internal.http.Exchange;
import dev.realtime.sse.internal.http.MediaType;
import dev.realtime.sse.internal.http.Problem;
import dev.realtime.sse.internal.http.ProblemException;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Filter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code GET /realtime/stream}. One browser's walk: parse → authorise → [redeem →] open → stream → close. */
public final class StreamServlet extends EndpointServlet {
    private static final long serialVersionUID = 1L;

    private final transient PubSub pubSub;
    private final transient Streams streams;
    private final transient @Nullable Tickets tickets;
    private final transient Revocations revocations;

    /** @param tickets null if there are none */
    public StreamServlet(
            Access access, PubSub pubSub, Streams streams, @Nullable Tickets tickets, Revocations revocations) {
        super(access, Set.of("GET", "HEAD"));
        this.pubSub = pubSub;
        this.streams = streams;
        this.tickets = tickets;
        this.revocations = revocations;
    }

    @Override
    protected void serve(HttpServletRequest request, HttpServletResponse response) throws Refused, IOException {
        StreamRequest asked = StreamRequest.parse(request);
        requireAcceptable(request);
        requireForAPageThatReads(request, asked);
        Credential credential;
        try {
            credential = credential(request, asked);
        } catch (Refused e) {
            if (endsEventSources(e, asked) || isHead(request)) {
                throw e;
            }
            sendAway(() -> async(request), response, asked, CloseReason.UNAVAILABLE);
            return;
        }
        if (streams.draining() && asked.fetch()) {
            throw new Refused(ProblemCode.DRAINING, "this instance is stopping; come back");
        }
        Filter filter = asked.filterFor(credential.caller());
        if (isHead(request)) {
            open(response);
            response.flushBuffer();
            return;
        }
        Admission admission = enter(request, credential, asked);
        if (admission == null) {
            sendAway(() -> async(request), response, asked, CloseReason.LIMIT);
            return;
        }
        try {
            if (credential instanceof Credential.Ticket ticket) {
                redeem(request, response, asked, ticket, admission);
            } else {
                open(response);
                stream(() -> async(request), credential.caller(), asked, filter, admission);
            }
        } catch (RuntimeException | Error e) {
            admission.leave();
            throw e;
        }
    }

    /** Takes a seat, and a place to replay if there is a cursor. Null for a browser that is to be sent away. */
    private @Nullable Admission enter(HttpServletRequest request, Credential credential, StreamRequest asked) {
        if (!streams.rates().take(credential.caller(), 1)) {
            streams.meters().refused(Rates.WIRE_NAME);
            if (asked.fetch()) {
                throw streams.rates().refusal();
            }
            return null;
        }
        Seats.Answer seat = streams.seats()
                .take(credential.caller(), streams.options().proxies().clientAddress(request));
        if (seat instanceof Seats.Full full) {
            streams.meters().refused(full.kind().wireName());
            return full(ProblemCode.TOO_MANY_STREAMS, full.sentence(), full.limit(), asked);
        }
        Seats.Seat taken = (Seats.Seat) seat;
        Admission entered = null;
        try {
            Replays.Answer place = asked.cursor() == null
                    ? null
                    : streams.replays().take(credential.caller().orgId());
            if (place instanceof Replays.Full full) {
                streams.meters().refused(Replays.WIRE_NAME);
                return full(ProblemCode.TOO_MANY_REPLAYS, full.sentence(), full.limit(), asked);
            }
            entered = new Admission(taken, (Replays.Place) place);
            return entered;
        } finally {
            if (entered == null) {
                taken.release();
            }
        }
    }

    private static @Nullable Admission full(ProblemCode code, String sentence, int limit, StreamRequest asked) {
        if (asked.fetch()) {
            throw Problem.of(code, sentence).sized(limit, null).refusal();
        }
        return null;
    }

    private Credential credential(HttpServletRequest request, StreamRequest asked) throws Refused {
        return Tickets.credential(tickets, access(), request, asked.ticket());
    }

    /** Used up only when nothing else stands in the way of the stream. No thread waits for the answer. */
    private void redeem(
            HttpServletRequest request,
            HttpServletResponse response,
            StreamRequest asked,
            Credential.Ticket ticket,
            Admission admission) {
        AsyncContext async = async(request);
        async.addListener(admission);
        redemption(ticket)
                .whenComplete((redeemed, failure) -> onward(async, response, admission, () -> {
                    try {
                        if (failure == null) {
                            begin(async, response, asked, redeemed, admission);
                        } else {
                            admission.leave();
                            refuse(async, response, asked, failure);
                        }
                    } catch (IOException clientHasLeft) {
                        async.complete();
                    } catch (RuntimeException | Error e) {
                        admission.leave();
                        fail(async, response, e);
                    }
                }));
    }

    /** On a thread of the container, if the request is still there. */
    private static void onward(AsyncContext async, HttpServletResponse response, Admission admission, Runnable step) {
        try {
            async.start(step);
        } catch (RuntimeException | Error e) {
            // If the client has left, which containers say in several ways, the admission has heard of it.
            if (admission.leave()) {
                fail(async, response, e);
            }
        }
    }

    private static CompletableFuture<Credential.Redeemed> redemption(Credential.Ticket ticket) {
        try {
            return ticket.redeem().get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void begin(
            AsyncContext async,
            HttpServletResponse response,
            StreamRequest asked,
            Credential.Redeemed redeemed,
            Admission admission)
            throws IOException {
        Filter filter;
        try {
            filter = asked.filterFor(redeemed.caller());
        } catch (RuntimeException e) {
            admission.leave();
            refuse(async, response, asked, e);
            return;
        }
        if (redeemed.cookie() != null) {
            response.addHeader("Set-Cookie", redeemed.cookie());
        }
        open(response);
        stream(() -> async, redeemed.caller(), asked, filter, admission);
    }

    private void refuse(AsyncContext async, HttpServletResponse response, StreamRequest asked, Throwable failure)
            throws IOException {
        Throwable cause = Exchange.cause(failure);
        Problem problem = Problem.of(cause);
        if (cause instanceof Refused refused && !endsEventSources(refused, asked)) {
            try {
                sendAway(() -> async, response, asked, CloseReason.UNAVAILABLE);
                return;
            } catch (ProblemException tooMany) {
                problem = tooMany.problem();
            }
        }
        problem.write(response);
        async.complete();
    }

    private static void fail(AsyncContext async, HttpServletResponse response, Throwable failure) {
        try {
            Problem problem = Problem.of(failure);
            if (!response.isCommitted()) {
                response.reset();
                problem.write(response);
            }
        } catch (IOException | RuntimeException over) {
            // nobody to tell
        } finally {
            complete(async);
        }
    }

    private static void complete(AsyncContext async) {
        try {
            async.complete();
        } catch (RuntimeException over) {
            // the container was first
        }
    }

    /** An EventSource takes any status but 200 for the end: what may be better soon, it is told in a stream. */
    private static boolean endsEventSources(Refused refused, StreamRequest asked) {
        return refused.status() != HttpServletResponse.SC_SERVICE_UNAVAILABLE || asked.fetch();
    }

    /** In a stream, which an EventSource understands; unless there are too many such already. */
    private void sendAway(
            Supplier<AsyncContext> async, HttpServletResponse response, StreamRequest asked, CloseReason reason)
            throws IOException {
        SseConnection.Place place = streams.farewells().take();
        if (place == null) {
            streams.meters().refused(Farewells.WIRE_NAME);
            int limit = streams.farewells().limit();
            throw Problem.of(
                            ProblemCode.TOO_MANY_FAREWELLS,
                            limit + " streams are being told to come back later, which is the limit; come back later")
                    .sized(limit, null)
                    .refusal();
        }
        SseConnection connection = null;
        try {
            open(response);
            connection = new SseConnection(streams, pubSub.instance(), asked.named(), null, place);
        } finally {
            if (connection == null) {
                place.gone();
            }
        }
        connection.close(reason);
        connection.start(() -> NoSubscription.INSTANCE, async);
    }

    private static AsyncContext async(HttpServletRequest request) {
        AsyncContext async = request.startAsync();
        async.setTimeout(0);
        return async;
    }

    /** A browser adds cookies, also an application's own, to what a page elsewhere only embeds: it would hold a seat. */
    private static void requireForAPageThatReads(HttpServletRequest request, StreamRequest asked) throws Refused {
        if (asked.ticket() == null
                && request.getHeader("Authorization") == null
                && SentToken.isEmbeddedElsewhere(request)) {
            throw new Refused(
                    ProblemCode.ORIGIN_NOT_ALLOWED,
                    "a stream may be opened by our own pages and by those in REALTIME_ALLOWED_ORIGINS");
        }
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
    private void stream(
            Supplier<AsyncContext> async, Caller caller, StreamRequest asked, Filter filter, Admission admission)
            throws IOException {
        Replays.Place place = admission.place();
        if (!admission.claim()) {
            return; // the client has left
        }
        SseConnection connection = null;
        boolean begun = false;
        try {
            connection =
                    new SseConnection(streams, pubSub.instance(), asked.named(), caller, admission.seat()::release);
            Runnable signal = connection::signal;
            SubscribeRequest wanted = new SubscribeRequest(caller.orgId(), caller.userId(), filter, asked.cursor());
            Supplier<Subscription> subscribing =
                    () -> streams.draining() ? NoSubscription.INSTANCE : pubSub.subscribe(wanted, signal);
            connection.start(place == null ? subscribing : () -> place.subscribe(subscribing, signal), async);
            if (place != null && place.waits()) {
                connection.comment();
            }
            // A revocation that came since the credential was looked at has ended the streams that it found.
            if (revocations.covers(caller)) {
                connection.close(CloseReason.REVOKED);
            }
            begun = true;
        } finally {
            if (!begun) {
                abandon(admission, connection);
            }
        }
    }

    /** Nothing is left of a stream that could not begin. */
    private static void abandon(Admission admission, @Nullable SseConnection connection) {
        Replays.Place place = admission.place();
        if (connection == null) {
            admission.seat().release();
        } else {
            connection.cut(CloseReason.GONE);
        }
        if (place != null) {
            place.close();
        }
    }
}
