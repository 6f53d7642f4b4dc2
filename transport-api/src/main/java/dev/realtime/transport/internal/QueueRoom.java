package dev.realtime.transport.internal;

import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.fairness.Shares;
import dev.realtime.transport.internal.EventIntake.Accepted;
import org.jspecify.annotations.Nullable;

/** The room for publications that wait for the transport, shared by all logs and fairly by organisations. Thread-safe. */
final class QueueRoom {
    /** Most events of one organisation that may wait; of all together, twice as many. */
    static final int MAX_EVENTS = 10_000;
    /** Most bytes of one organisation that may wait, about; of all together, twice as many. */
    static final long MAX_BYTES = bytesFor(Runtime.getRuntime().maxMemory());

    private static final long MOST_BYTES = 64L << 20;
    private static final long LEAST_BYTES = 32L << 20;
    private static final int HEAP_PART = 16;

    // together guarded by this
    private final Shares events = new Shares(2L * MAX_EVENTS);
    private final Shares bytes = new Shares(2L * MAX_BYTES);

    /** By the size of the heap. */
    static long bytesFor(long heap) {
        return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, heap / HEAP_PART));
    }

    /** Throws if there is no room. */
    synchronized void take(Accepted accepted) {
        QueueFullException refusal = refusal(accepted);
        if (refusal != null) {
            throw refusal;
        }
        String owner = accepted.owner();
        int count = accepted.envelopes().size();
        long weight = accepted.weight();
        events.add(owner, count);
        bytes.add(owner, weight);
    }

    /** Why there is no room for these now, or null. */
    synchronized @Nullable QueueFullException refusal(Accepted accepted) {
        boolean fits = events.fits(accepted.owner(), accepted.envelopes().size())
                && bytes.fits(accepted.owner(), accepted.weight());
        return fits
                ? null
                : new QueueFullException("the transport is away and " + events.taken() + " events wait for it; at most "
                        + MAX_EVENTS + " events or " + MAX_BYTES + " bytes of an organisation can, and as much as is"
                        + " then free. Retry later");
    }

    synchronized void giveBack(Accepted accepted) {
        String owner = accepted.owner();
        int count = accepted.envelopes().size();
        long weight = accepted.weight();
        events.giveBack(owner, count);
        bytes.giveBack(owner, weight);
    }

    synchronized int events() {
        return (int) events.taken();
    }

    synchronized long bytes() {
        return bytes.taken();
    }
}
