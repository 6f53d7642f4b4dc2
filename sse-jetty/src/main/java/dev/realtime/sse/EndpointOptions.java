package dev.realtime.sse;

import java.time.Clock;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How the endpoint behaves. Immutable.
 *
 * @param origins whose pages may read the answers (CORS), beside our own
 * @param maxPayloadBytes largest payload that may be published
 * @param bodyMemoryBytes what the bodies of all requests may take together until they are answered,
 *     {@link #leastBodyMemoryBytes} or more; 0 for as much as {@link #effectiveBodyMemoryBytes} says
 * @param heartbeat how long a stream is quiet before it is given a heartbeat: more than nothing and at most
 *     {@link #LONGEST_HEARTBEAT}
 * @param writeDeadline how long a write may wait for a client that does not read
 * @param retry how long a browser waits before it reconnects
 * @param publishDeadline how long a publisher may take to deliver its body, and the transport to commit it
 * @param limits how many streams, and how long each may live
 * @param requestsPerSecond how many requests and published events together one credential may make in a second, 1 or
 *     more; for a short time twice as many
 * @param proxies whose word counts for the address that a stream comes from, and for whether it came by TLS
 * @param ticketKey signs tickets and keys the hashes of callers; null for no tickets. All instances have the same
 * @param callerSalt goes into the hashes of callers where there is no ticketKey. All instances have the same
 * @param clock tells how old a ticket is, and whether a revocation still holds
 * @param directWrites whether HTTP/1.1 streams are written past the servlet container, straight to Jetty's end point,
 *     which takes half the work: only where nothing changes a response on its way, such as compression. Means nothing in
 *     other containers
 */
public record EndpointOptions(
        Origins origins,
        int maxPayloadBytes,
        long bodyMemoryBytes,
        Duration heartbeat,
        Duration writeDeadline,
        Duration retry,
        Duration publishDeadline,
        StreamLimits limits,
        int requestsPerSecond,
        Proxies proxies,
        @Nullable TicketKey ticketKey,
        String callerSalt,
        Clock clock,
        boolean directWrites) {
    private static final int FIELDS_BYTES = 1_048_576;
    private static final long DEFAULT_MAX_BODY_MEMORY = 256L << 20;
    private static final int HEAP_PART = 8;

    /** A client of ours takes a stream for dead on which nothing has come for 40 s. */
    public static final Duration LONGEST_HEARTBEAT = Duration.ofSeconds(30);

    /** What the documentation states. */
    public static final EndpointOptions DEFAULTS = new EndpointOptions(
            Origins.OWN,
            1_048_576,
            0,
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            StreamLimits.DEFAULTS,
            50_000,
            Proxies.NONE,
            null,
            "",
            Clock.systemUTC(),
            false);

    public EndpointOptions {
        if (heartbeat.isNegative() || heartbeat.isZero() || heartbeat.compareTo(LONGEST_HEARTBEAT) > 0) {
            throw new IllegalArgumentException(
                    "heartbeat: " + heartbeat + " is not allowed; it is more than nothing and at" + " most "
                            + LONGEST_HEARTBEAT.toSeconds() + " s");
        }
        if (requestsPerSecond < 1) {
            throw new IllegalArgumentException("requestsPerSecond: " + requestsPerSecond + " is less than 1");
        }
    }

    public EndpointOptions withOrigins(Origins origins) {
        return changed(draft -> draft.origins = origins);
    }

    public EndpointOptions withMaxPayloadBytes(int bytes) {
        return changed(draft -> draft.maxPayloadBytes = bytes);
    }

    public EndpointOptions withBodyMemoryBytes(long bytes) {
        return changed(draft -> draft.bodyMemoryBytes = bytes);
    }

    public EndpointOptions withHeartbeat(Duration heartbeat) {
        return changed(draft -> draft.heartbeat = heartbeat);
    }

    public EndpointOptions withWriteDeadline(Duration writeDeadline) {
        return changed(draft -> draft.writeDeadline = writeDeadline);
    }

    public EndpointOptions withPublishDeadline(Duration publishDeadline) {
        return changed(draft -> draft.publishDeadline = publishDeadline);
    }

    public EndpointOptions withLimits(StreamLimits limits) {
        return changed(draft -> draft.limits = limits);
    }

    public EndpointOptions withRequestsPerSecond(int requests) {
        return changed(draft -> draft.requestsPerSecond = requests);
    }

    public EndpointOptions withProxies(Proxies proxies) {
        return changed(draft -> draft.proxies = proxies);
    }

    public EndpointOptions withTickets(@Nullable TicketKey ticketKey) {
        return changed(draft -> draft.ticketKey = ticketKey);
    }

    public EndpointOptions withCallerSalt(String callerSalt) {
        return changed(draft -> draft.callerSalt = callerSalt);
    }

    public EndpointOptions withClock(Clock clock) {
        return changed(draft -> draft.clock = clock);
    }

    public EndpointOptions withDirectWrites() {
        return changed(draft -> draft.directWrites = true);
    }

    /** Largest body of one request: room for four of the largest payloads, and for what stands around them. */
    public int largestBodyBytes() {
        return largestBodyBytes(maxPayloadBytes);
    }

    private static int largestBodyBytes(int maxPayloadBytes) {
        return 4 * maxPayloadBytes + FIELDS_BYTES;
    }

    /** Least that {@link #bodyMemoryBytes} may be: one of the largest bodies fits, beside a quarter that is for small ones. */
    public static long leastBodyMemoryBytes(int maxPayloadBytes) {
        return (4L * largestBodyBytes(maxPayloadBytes) + 2) / 3;
    }

    /**
     * What the bodies of all requests may take together. Unless it was said: an eighth of the heap and at most 256 MiB,
     * as the queue of a publisher, but never less than one of the largest bodies needs.
     */
    public long effectiveBodyMemoryBytes() {
        long least = leastBodyMemoryBytes(maxPayloadBytes);
        if (bodyMemoryBytes == 0) {
            return Math.max(
                    least,
                    Math.min(DEFAULT_MAX_BODY_MEMORY, Runtime.getRuntime().maxMemory() / HEAP_PART));
        }
        if (bodyMemoryBytes < least) {
            throw new IllegalArgumentException("bodyMemoryBytes: " + bodyMemoryBytes + " is less than " + least
                    + ", which one of the largest bodies needs");
        }
        return bodyMemoryBytes;
    }

    private EndpointOptions changed(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The same, to be changed. */
    private static final class Draft {
        private Origins origins;
        private int maxPayloadBytes;
        private long bodyMemoryBytes;
        private Duration heartbeat;
        private Duration writeDeadline;
        private final Duration retry;
        private Duration publishDeadline;
        private StreamLimits limits;
        private int requestsPerSecond;
        private Proxies proxies;
        private @Nullable TicketKey ticketKey;
        private String callerSalt;
        private Clock clock;
        private boolean directWrites;

        private Draft(EndpointOptions options) {
            this.origins = options.origins;
            this.maxPayloadBytes = options.maxPayloadBytes;
            this.bodyMemoryBytes = options.bodyMemoryBytes;
            this.heartbeat = options.heartbeat;
            this.writeDeadline = options.writeDeadline;
            this.retry = options.retry;
            this.publishDeadline = options.publishDeadline;
            this.limits = options.limits;
            this.requestsPerSecond = options.requestsPerSecond;
            this.proxies = options.proxies;
            this.ticketKey = options.ticketKey;
            this.callerSalt = options.callerSalt;
            this.clock = options.clock;
            this.directWrites = options.directWrites;
        }

        private EndpointOptions options() {
            return new EndpointOptions(
                    origins,
                    maxPayloadBytes,
                    bodyMemoryBytes,
                    heartbeat,
                    writeDeadline,
                    retry,
                    publishDeadline,
                    limits,
                    requestsPerSecond,
                    proxies,
                    ticketKey,
                    callerSalt,
                    clock,
                    directWrites);
        }
    }
}
