package dev.realtime.sse;

import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the endpoint behaves. Immutable.
 *
 * @param origins whose pages may read the answers (CORS), beside our own
 * @param maxPayloadBytes largest payload that may be published
 * @param heartbeat how long a stream is quiet before it is given a heartbeat
 * @param writeDeadline how long a write may wait for a client that does not read
 * @param retry how long a browser waits before it reconnects
 * @param publishDeadline how long a publisher may take to deliver its body, and the transport to commit it
 * @param limits how many streams, and how long each may live
 * @param proxies whose word counts for the address that a stream comes from, and for whether it came by TLS
 * @param ticketKey signs tickets; null for none. All instances have the same
 * @param clock tells how old a ticket is, and whether a revocation still holds
 */
public record EndpointOptions(
        Origins origins,
        int maxPayloadBytes,
        Duration heartbeat,
        Duration writeDeadline,
        Duration retry,
        Duration publishDeadline,
        StreamLimits limits,
        Proxies proxies,
        @Nullable TicketKey ticketKey,
        Clock clock) {
    /** What the documentation states. */
    public static final EndpointOptions DEFAULTS = new EndpointOptions(
            Origins.OWN,
            1_048_576,
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            StreamLimits.DEFAULTS,
            Proxies.NONE,
            null,
            Clock.systemUTC());

    public EndpointOptions withOrigins(Origins origins) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withMaxPayloadBytes(int bytes) {
        return new EndpointOptions(
                origins, bytes, heartbeat, writeDeadline, retry, publishDeadline, limits, proxies, ticketKey, clock);
    }

    public EndpointOptions withHeartbeat(Duration heartbeat) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withWriteDeadline(Duration writeDeadline) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withPublishDeadline(Duration publishDeadline) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withLimits(StreamLimits limits) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withProxies(Proxies proxies) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    /** Gives tickets, signed with this key; null for none. */
    public EndpointOptions withTickets(@Nullable TicketKey ticketKey) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }

    public EndpointOptions withClock(Clock clock) {
        return new EndpointOptions(
                origins,
                maxPayloadBytes,
                heartbeat,
                writeDeadline,
                retry,
                publishDeadline,
                limits,
                proxies,
                ticketKey,
                clock);
    }
}
