package dev.realtime.sse;

import dev.realtime.sse.internal.Access;
import dev.realtime.sse.internal.EventsServlet;
import dev.realtime.sse.internal.PositionServlet;
import dev.realtime.sse.internal.ScriptServlet;
import dev.realtime.sse.internal.StreamMeters;
import dev.realtime.sse.internal.StreamServlet;
import dev.realtime.sse.internal.Streams;
import dev.realtime.transport.PubSub;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.time.Duration;

/**
 * Browsers' door to a {@link PubSub}: mount it in a servlet container, and drain it before that stops. Does not close
 * the PubSub. Thread-safe.
 */
public final class RealtimeEndpoint implements AutoCloseable {
    private final Streams streams;
    private final StreamServlet stream;
    private final EventsServlet events;
    private final PositionServlet position;
    private final ScriptServlet script;

    /**
     * @param meters is given counters of streams
     */
    public RealtimeEndpoint(PubSub pubSub, Authorizer authorizer, EndpointOptions options, MeterRegistry meters) {
        Access access = new Access(authorizer, options.origins());
        this.streams = new Streams(options, new StreamMeters(meters));
        this.stream = new StreamServlet(access, pubSub, streams);
        this.events = new EventsServlet(access, pubSub, streams, options);
        this.position = new PositionServlet(access, pubSub, options);
        this.script = new ScriptServlet(access);
    }

    /**
     * Adds {@code /realtime/stream}, {@code /realtime/events}, {@code /realtime/position} and the browser's client,
     * {@code /realtime/realtime.js}, while the context starts.
     */
    public void mount(ServletContext context) {
        add(context, "realtime-stream", stream, "/realtime/stream");
        add(context, "realtime-events", events, "/realtime/events");
        add(context, "realtime-position", position, "/realtime/position");
        add(context, "realtime-script", script, "/realtime/realtime.js");
    }

    /**
     * Tells every stream to come back later, and ends it; new ones are told the same. Blocks until all have been told,
     * at most so long: those that did not read are cut. For good.
     */
    public void drain(Duration atMost) {
        streams.drain(atMost);
    }

    /** Whether {@link #drain} has been called. */
    public boolean draining() {
        return streams.draining();
    }

    /** Streams open now. */
    public int streams() {
        return streams.size();
    }

    /** Cuts what is still open. */
    @Override
    public void close() {
        streams.close();
    }

    private static void add(ServletContext context, String name, Servlet servlet, String path) {
        ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
        registration.setAsyncSupported(true);
        registration.addMapping(path);
    }
}
