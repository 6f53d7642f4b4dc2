package dev.realtime.transport;

import org.jspecify.annotations.Nullable;

/** One subscriber's stream of {@link Delivery Deliveries}, pulled. One consumer at a time; any thread. */
public interface Subscription extends AutoCloseable {
    /** The next delivery, or null when nothing waits: the signal given to {@code subscribe} fires when that changes. */
    @Nullable
    Delivery poll();

    /**
     * Asks for a {@link Delivery.Reached} behind everything that waits.
     *
     * @return false while this subscription has no position (the transport was never reached)
     */
    boolean mark();

    /** What waits, in bytes (about). */
    long waitingBytes();

    /** Ends it; nothing is handed out any more. Idempotent. */
    @Override
    void close();
}
