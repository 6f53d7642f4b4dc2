package dev.realtime.sse.gateway;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.RealtimeEndpoint;
import dev.realtime.sse.gateway.auth.StartKey;
import dev.realtime.sse.gateway.page.GatewayMeters;
import dev.realtime.sse.gateway.page.HealthServlet;
import dev.realtime.sse.gateway.page.MetricsServlet;
import dev.realtime.sse.gateway.page.NotFoundServlet;
import dev.realtime.sse.gateway.page.PageServlet;
import dev.realtime.sse.gateway.page.ReadinessServlet;
import dev.realtime.sse.gateway.port.GatewayPort;
import dev.realtime.sse.gateway.port.HeadSize;
import dev.realtime.sse.gateway.port.ProblemErrorHandler;
import dev.realtime.sse.internal.http.Access;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runnable server: a transport, the endpoint and the operators' pages on one port. Thread-safe. */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final Duration FIRST_CONTACT = Duration.ofSeconds(5);
    private static final Duration FIRST_REVOCATIONS = Duration.ofSeconds(5);
    private static final Duration WHOLE_STOP = Duration.ofSeconds(10);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final Duration SERVER_STOP = Duration.ofSeconds(2);

    private final PubSub pubSub;
    private final RealtimeEndpoint endpoint;
    private final GatewayMeters meters;
    private final Server server;
    private final ServerConnector connector;
    private final String scheme;
    private final Duration stopDelay;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final @Nullable StartKey startKey;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Gateway(GatewaySettings settings, PubSub pubSub, EndpointOptions options) {
        QueuedThreadPool threads = new QueuedThreadPool();
        threads.setName("http");
        this.pubSub = pubSub;
        this.stopDelay = settings.stopDelay();
        this.meters = new GatewayMeters(pubSub);
        this.endpoint = new RealtimeEndpoint(pubSub, settings.authorizer(), options, meters.registry());
        this.server = new Server(threads);
        this.connector =
                GatewayPort.open(server, settings.host(), settings.port(), settings.tls(), options.heartbeat());
        this.scheme = settings.tls() == null ? "http" : "https";
        this.startKey = settings.startKey();
        server.setHandler(new HeadSize(pages(settings)));
        server.setErrorHandler(new ProblemErrorHandler());
        server.setStopTimeout(SERVER_STOP.toMillis());
    }

    /**
     * Opens the transport and serves it. Returns when requests are taken; the transport may still be on its way.
     *
     * @throws SettingsException if a setting cannot be used; nothing is left running
     */
    public static Gateway start(Settings settings) {
        return start(settings, options -> options);
    }

    /** The same with the endpoint's options changed, beyond what settings can say. */
    public static Gateway start(Settings settings, UnaryOperator<EndpointOptions> adjust) {
        return start(settings, adjust, Supervisor.standard());
    }

    static Gateway start(Settings settings, UnaryOperator<EndpointOptions> adjust, Supervisor supervisor) {
        GatewaySettings checked = GatewaySettings.from(settings);
        EndpointOptions options = EndpointOptions.DEFAULTS
                .withDirectWrites()
                .withOrigins(checked.origins())
                .withMaxPayloadBytes(checked.maxPayloadBytes())
                .withBodyMemoryBytes(checked.bodyMemoryBytes())
                .withHeartbeat(checked.heartbeat())
                .withLimits(checked.limits())
                .withRequestsPerSecond(checked.requestsPerSecond())
                .withProxies(checked.proxies())
                .withTickets(checked.ticketKey())
                .withCallerSalt(checked.callerSalt());
        Gateway gateway = new Gateway(checked, PubSub.open(settings, supervisor), adjust.apply(options));
        try {
            gateway.awaitFirstContact();
            gateway.awaitRevocations();
            gateway.listen(settings);
        } catch (RuntimeException e) {
            gateway.close();
            throw e;
        }
        return gateway;
    }

    /** The port it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Where it is, for people. */
    public URI address() {
        String host = connector.getHost();
        return URI.create(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port());
    }

    /** Its page, with the key that this start asks for. Empty where {@code REALTIME_AUTH} says who may call. */
    public Optional<URI> addressWithKey() {
        return Optional.ofNullable(startKey).map(key -> key.in(address()));
    }

    /** Streams open now. */
    public int streams() {
        return endpoint.streams();
    }

    /** What it serves. */
    public PubSub pubSub() {
        return pubSub;
    }

    /**
     * For when others decide by {@code /readyz} who is sent here: not ready at once, then all is served as before for as
     * long as {@code REALTIME_STOP_DELAY_SECONDS} says, so that they have seen it, then {@link #close}. Blocks.
     */
    public void stop() {
        if (stopping.compareAndSet(false, true) && !closed.get()) {
            LOG.info("Stopping: not ready from now on, and gone after {} s", stopDelay.toSeconds());
            long until = System.nanoTime() + stopDelay.toNanos();
            for (long left = stopDelay.toNanos(); left > 0 && !Thread.interrupted(); left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        close();
    }

    private boolean isStopping() {
        return stopping.get() || endpoint.draining();
    }

    /** Not ready → every stream told → server stopped → transport closed; 10 s in all at most. Idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        long deadline = System.nanoTime() + WHOLE_STOP.toNanos();
        endpoint.drain(DRAIN);
        stopServer();
        endpoint.close();
        closeTransport(deadline);
        meters.close();
    }

    private void stopServer() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("The server did not stop cleanly: {}", e.toString());
        }
    }

    private void closeTransport(long deadline) {
        Thread closing = new Thread(pubSub::close, "realtime-transport-close");
        closing.setDaemon(true);
        closing.start();
        try {
            TimeUnit.NANOSECONDS.timedJoin(closing, Math.max(1, deadline - System.nanoTime()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitFirstContact() {
        long deadline = System.nanoTime() + FIRST_CONTACT.toNanos();
        while (pubSub.status().state() == TransportStatus.State.STARTING && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** An instance without its transport serves all the same: it knows of no revocation then, as of no event. */
    private void awaitRevocations() {
        if (pubSub.status().state().flows() && !endpoint.awaitRevocations(FIRST_REVOCATIONS)) {
            LOG.warn("Revocations have not been heard yet; their streams end when they are");
        }
    }

    private void listen(Settings settings) {
        try {
            server.start();
        } catch (IOException e) {
            Throwable why = e.getCause() == null ? e : e.getCause();
            throw settings.refused(GatewaySettings.PORT, "it cannot be listened on: " + Secrets.messageOf(why));
        } catch (Exception e) {
            throw new IllegalStateException("the server does not start", e);
        }
    }

    private ServletContextHandler pages(GatewaySettings settings) {
        Access access = new Access(endpoint.authorizer(), settings.origins());
        ServletContextHandler context = new ServletContextHandler("/");
        context.setErrorHandler(new ProblemErrorHandler());
        context.addServlet(new ServletHolder(new HealthServlet(access)), "/healthz");
        context.addServlet(new ServletHolder(new ReadinessServlet(access, pubSub, this::isStopping)), "/readyz");
        context.addServlet(new ServletHolder(new MetricsServlet(access, meters.registry())), "/metrics");
        PageServlet page = new PageServlet(access, settings.proxies(), settings.startKey());
        context.addServlet(new ServletHolder(page), "");
        context.addServlet(new ServletHolder(page), "/assets/*");
        context.addServlet(new ServletHolder(new NotFoundServlet()), "/");
        context.addEventListener(new ServletContextListener() {
            @Override
            public void contextInitialized(ServletContextEvent event) {
                endpoint.mount(event.getServletContext());
            }
        });
        return context;
    }
}
