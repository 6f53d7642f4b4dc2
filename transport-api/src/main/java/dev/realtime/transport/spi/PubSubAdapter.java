package dev.realtime.transport.spi;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Carries events between the instances of an application, through a backend. It appends to an event log, tells this
 * instance what the log got (from all instances, this one included), and reads stored parts of it. All local work,
 * such as filtering, is done by its caller. The promises it keeps are the numbered rules in docs/CONTRACT.md.
 * Thread-safe.
 */
public interface PubSubAdapter extends AutoCloseable {
    /**
     * Begins to connect and returns at once. From then on the sink hears what the log gets and how the adapter is,
     * until {@link #close}. Called once, before anything else.
     */
    void start(DeliverySink sink);

    /** Which log holds the events of an organisation. The same answer always. */
    LogId logOf(String orgId);

    /**
     * Appends events, all or none (per log), in this order. Idempotent by (organisation, id) within the replay
     * window: what the log already has is not appended again, its position is the answer. Never blocks.
     *
     * @param events 1 to 1,000, no two of the same (organisation, id)
     * @return completes after commit, with the positions in the order of the events; fails with
     *     {@link EventConflictException} if the log has another event under an id, with
     *     {@link PublicationRefusedException} if the backend refuses these events or their log, with
     *     {@link WritesRefusedException} if it refuses to write at all, and with
     *     {@link TransportUnavailableException} when it does not answer: whether the log has them is unknown then,
     *     unless the exception says that they were not sent
     */
    CompletableFuture<List<Position>> publish(List<Envelope> events);

    /**
     * Appends events that may have been appended before. What the log does not know may have been there and left the
     * replay window meanwhile, if the first attempt is as old as the window when the append takes effect, judged by the
     * clock that the window is kept by. Such events are not appended. Never blocks.
     *
     * @param age how long ago the first attempt was begun; zero if this is the first
     * @return as {@link #publish(List)} does; fails with {@link PublicationInDoubtException} if it is too late to append
     */
    default CompletableFuture<List<Position>> publish(List<Envelope> events, Duration age) {
        return publish(events);
    }

    /**
     * Reads the stored events of an organisation after a position, oldest first. Blocks for a bounded time.
     *
     * @param after where to begin; its offset and check are verified against the log
     * @param maxEvents at most so many; an adapter may give fewer, to bound bytes, but never none while there are more
     * @throws TransportUnavailableException when the backend does not answer
     */
    LogPage read(String orgId, Position after, int maxEvents);

    /** What the organisation's log holds, read from the backend now. Blocks and throws as {@link #read} does. */
    LogRange range(String orgId);

    /** How it is, now. Cheap. */
    TransportStatus status();

    /**
     * Stops: publications that wait are given a bounded time, then fail; the sink hears nothing more once this has
     * returned. Idempotent.
     */
    @Override
    void close();
}
