package dev.realtime.transport;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One or more events on their way into the log, all or none of them. Thread-safe. The futures complete on a thread
 * of the transport: don't block it.
 *
 * @param eventIds the ids, in the order of the events
 * @param accepted completes as soon as it is known whether the events are committed, or queued because the transport
 *     is away; fails as {@code committed} does
 * @param committed completes on commit, in the order of the events. Fails with {@link EventConflictException},
 *     {@link QueueFullException}, {@link PublicationRefusedException} when the backend refuses it,
 *     {@link PublicationInDoubtException} when nobody can find out any more whether the log has it, or
 *     {@link TransportUnavailableException} when closed before the transport came back
 */
public record Publication(
        List<String> eventIds, CompletableFuture<Acceptance> accepted, CompletableFuture<List<Published>> committed) {
    /** What has become of a publication. */
    public enum Acceptance {
        /** The log has it. */
        COMMITTED,
        /** The transport is away or takes no writes: local subscribers have a provisional copy, the log gets it when it returns. */
        QUEUED
    }
}
