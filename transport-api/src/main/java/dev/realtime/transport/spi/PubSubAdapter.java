package dev.realtime.transport.spi;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.Position;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
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
     *     {@link EventConflictException} if the log has another event under an id, and with
     *     {@link TransportUnavailableException} when the backend does not answer
     */
    CompletableFuture<List<Position>> publish(List<Envelope> events);

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
