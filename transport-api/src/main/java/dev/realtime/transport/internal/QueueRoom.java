package dev.realtime.transport.internal;

import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.internal.EventIntake.Accepted;
import org.jspecify.annotations.Nullable;

/** The room for publications that wait for the transport, shared by all logs. Thread-safe. */
final class QueueRoom {
    /** Most events that may wait. */
    static final int MAX_EVENTS = 10_000;
    /** Most bytes that may wait, about. */
    static final long MAX_BYTES = 64L << 20;

    // guarded by this
    private int events;
    private long bytes;

    /** Throws if there is no room. */
    synchronized void take(Accepted accepted) {
        QueueFullException refusal = refusal(accepted);
        if (refusal != null) {
            throw refusal;
        }
        events += accepted.envelopes().size();
        bytes += accepted.weight();
    }

    /** Why there is no room for these now, or null. */
    synchronized @Nullable QueueFullException refusal(Accepted accepted) {
        boolean fits = events + accepted.envelopes().size() <= MAX_EVENTS && bytes + accepted.weight() <= MAX_BYTES;
        return fits
                ? null
                : new QueueFullException("the transport is away and " + events + " events wait for it; at most "
                        + MAX_EVENTS + " events or " + MAX_BYTES + " bytes can. Retry later");
    }

    synchronized void giveBack(Accepted accepted) {
        events -= accepted.envelopes().size();
        bytes -= accepted.weight();
    }

    synchronized int events() {
        return events;
    }

    synchronized long bytes() {
        return bytes;
    }
}
