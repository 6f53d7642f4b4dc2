package dev.realtime.sse;

import dev.realtime.sse.internal.credential.CallerServlet;
import dev.realtime.sse.internal.credential.Revocations;
import dev.realtime.sse.internal.credential.RevocationsServlet;
import dev.realtime.sse.internal.credential.Tickets;
import dev.realtime.sse.internal.credential.TicketsServlet;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.sse.internal.http.BodyMemory;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.sse.internal.http.ScriptServlet;
import dev.realtime.sse.internal.publish.EventsServlet;
import dev.realtime.sse.internal.publish.PositionServlet;
import dev.realtime.sse.internal.stream.StreamMeters;
import dev.realtime.sse.internal.stream.StreamServlet;
import dev.realtime.sse.internal.stream.Streams;
import dev.realtime.transport.PubSub;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Metrics;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.time.Duration;

/**
 * Browsers' door to a {@link PubSub}: mount it in any servlet container of Jakarta EE 10, and drain it before that stops.
 * It needs no executor: it has its own daemon threads, from the start until it is closed. {@code realtime-writer-1} and
 * on, one for two processors, write all streams; {@code realtime-streams-clock} sees to heartbeats, deadlines and ages;
 * {@code realtime-revocations} hears what operators revoke. The container's threads only open streams and answer; no
 * stream holds one. Does not close the PubSub. Thread-safe.
 */
public final class RealtimeEndpoint implements AutoCloseable {
    private final Streams streams;
    private final StreamServlet stream;
    private final EventsServlet events;
    private final PositionServlet position;
    private final CallerServlet caller;
    private final ScriptServlet script;
    private final TicketsServlet tickets;
    private final RevocationsServlet revoking;
    private final Revocations revocations;
    private final Authorizer authorizer;

    /** With {@link EndpointOptions#DEFAULTS}, and figures in Micrometer's global registry. */
    public RealtimeEndpoint(PubSub pubSub, Authorizer authorizer) {
        this(pubSub, authorizer, EndpointOptions.DEFAULTS, Metrics.globalRegistry);
    }

    /**
     * An endpoint to be mounted.
     *
     * @param pubSub where events come from and go to; the endpoint does not close it
     * @param authorizer says who calls, on the container's threads
     * @param meters is given counters of streams
     */
    public RealtimeEndpoint(PubSub pubSub, Authorizer authorizer, EndpointOptions options, MeterRegistry meters) {
        this.streams = new Streams(
                options, new StreamMeters(meters), () -> pubSub.status().state().flows(), pubSub.supervisor());
        this.revocations = new Revocations(pubSub, streams::revoke, options.clock(), meters);
        this.authorizer = revocations.over(authorizer);
        BodyMemory bodies = BodyMemory.of(options, meters);
        Rates rates = streams.rates();
        Access access = new Access(this.authorizer, options.origins().behind(options.proxies()));
        Tickets issuer = Tickets.of(options, access, pubSub, revocations);
        this.stream = new StreamServlet(access, pubSub, streams, issuer, revocations);
        this.events = new EventsServlet(access, pubSub, options, rates, bodies, streams.writers());
        this.position = new PositionServlet(access, pubSub, options, rates);
        this.caller = new CallerServlet(access, issuer, streams.callerHash());
        this.tickets = new TicketsServlet(access, issuer, rates);
        this.revoking = new RevocationsServlet(access, pubSub, options, revocations, bodies, rates);
        this.script = new ScriptServlet(access);
    }

    /**
     * Adds {@code /realtime/stream}, {@code /realtime/events}, {@code /realtime/position}, {@code /realtime/caller},
     * {@code /realtime/tickets}, {@code /realtime/revocations} and the browser's client, {@code /realtime/realtime.js}, while the context starts.
     */
    public void mount(ServletContext context) {
        add(context, "realtime-stream", stream, "/realtime/stream");
        add(context, "realtime-events", events, "/realtime/events");
        add(context, "realtime-position", position, "/realtime/position");
        add(context, "realtime-caller", caller, "/realtime/caller");
        add(context, "realtime-tickets", tickets, "/realtime/tickets");
        add(context, "realtime-revocations", revoking, "/realtime/revocations");
        add(context, "realtime-script", script, "/realtime/realtime.js");
    }

    /**
     * Tells every stream to come back later, and ends it; new streams are told the same. Blocks until every client has
     * read that, then closes the streams of those that have not. Cannot be undone.
     *
     * @param atMost how long to wait for clients that do not read
     */
    public void drain(Duration atMost) {
        streams.drain(atMost);
    }

    /** Whether {@link #drain} has been called. */
    public boolean draining() {
        return streams.draining();
    }

    /** Asks the authorizer, and refuses what operators have revoked: for pages beside the endpoint's. */
    public Authorizer authorizer() {
        return authorizer;
    }

    /**
     * Blocks, so long at most, until this instance has heard all revocations that the log holds; returns whether it has.
     * Until then a revoked credential may be taken; its streams end as soon as the revocation is heard.
     */
    public boolean awaitRevocations(Duration atMost) {
        return revocations.awaitReplayed(atMost);
    }

    /** Streams open now. */
    public int streams() {
        return streams.size();
    }

    /** Cuts what is still open. */
    @Override
    public void close() {
        revocations.close();
        streams.close();
    }

    private static void add(ServletContext context, String name, Servlet servlet, String path) {
        ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
        registration.setAsyncSupported(true);
        registration.addMapping(path);
    }
}
