package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.Delivery.Opened;
import dev.realtime.transport.Delivery.Reached;
import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription's bounded queue between fan-out and its consumer. Fan-out never waits: a consumer that is at work but
 * too slow is to fetch what it has no room for from the log; for one that stands still, events that find the mailbox
 * full become, with those that wait already, an overflow {@link Gap}. Before either, resource pings that a later one says
 * again are left out. Thread-safe; the lock is held for a few steps only
 * and callbacks run outside it. A callback that throws is logged: it is no affair of who puts something in.
 */
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);
    private static final Delivery LAST = new Delivery.Ended();

    private final long limitBytes;
    private final Runnable signal;
    private final Runnable room;

    /** Pings left out, and not yet told of: asked with every delivery, so without the lock. */
    private final AtomicInteger conflated = new AtomicInteger();

    /** The last signal failed, or is under way: who puts something in signals again. */
    private volatile boolean unsaid;

    // guarded by this
    private ArrayDeque<Delivery> waiting = new ArrayDeque<>();
    private long bytes;
    /** The stream has been handed out up to here. */
    private @Nullable Position handedOut;

    /** Something was handed out since the mailbox was last found full. */
    private boolean moves;

    private boolean roomWanted;
    private boolean emptyWanted;
    private boolean closed;
    /** After what waits comes the last delivery. */
    private boolean ending;

    /**
     * @param limitBytes most that may wait, about; what is put in at once always may if nothing else waits
     * @param signal called when deliveries begin to wait
     * @param room called when half is free again, once for each {@link #hasRoom} that said no, and when nothing waits any
     *     more, once for each {@link #callWhenEmpty}
     */
    Mailbox(long limitBytes, Runnable signal, Runnable room) {
        this.limitBytes = limitBytes;
        this.signal = signal;
        this.room = room;
    }

    /** Puts in what must not be lost, whatever waits already: control deliveries and replayed pages, bounded by their maker. */
    void put(List<? extends Delivery> deliveries) {
        boolean signals;
        synchronized (this) {
            signals = add(deliveries, weight(deliveries));
        }
        if (signals || unsaid) {
            signal();
        }
    }

    /** What became of live events. */
    enum Offer {
        /** They wait. */
        TAKEN,
        /** There is no room, and what waits is as it was: the consumer is at work. */
        LAGGING,
        /** There is no room, and the consumer stands still: with what waited they became a gap. */
        OVERFLOWED
    }

    /**
     * Puts in live events, if they fit, perhaps without pings that a later one says again.
     *
     * @param head where the stream goes on after an overflow
     */
    Offer offer(List<? extends Delivery> events, Position head) {
        boolean signals;
        synchronized (this) {
            long weight = weight(events);
            if (!isFull(weight)) {
                signals = add(events, weight);
            } else if (conflate(events)) {
                signals = false; // something waited already
            } else if (moves) {
                moves = false;
                return Offer.LAGGING;
            } else {
                overflow(head);
                return Offer.OVERFLOWED;
            }
        }
        if (signals || unsaid) {
            signal();
        }
        return Offer.TAKEN;
    }

    /** How many pings were left out since this was last asked, because a later one says the same. */
    int takeConflated() {
        return conflated.get() == 0 ? 0 : conflated.getAndSet(0);
    }

    /** Puts in provisional copies, or nothing if they don't fit: the log will have these events. Returns whether they fit. */
    boolean offerCopies(List<Received> copies) {
        boolean signals;
        synchronized (this) {
            long weight = weight(copies);
            if (isFull(weight)) {
                return false;
            }
            signals = add(copies, weight);
        }
        if (signals || unsaid) {
            signal();
        }
        return true;
    }

    /** Ends the stream after what waits. Takes nothing more, and needs no memory. */
    void end() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            ending = true;
        }
        signal();
    }

    @Nullable
    Delivery poll() {
        Delivery next;
        boolean roomAgain;
        synchronized (this) {
            next = waiting.peek();
            if (next == null) {
                return lastDelivery();
            }
            // What may fail comes first: what has been taken out must be handed out.
            int weight = next.weight();
            Position position = positionAfter(next);
            waiting.remove();
            bytes -= weight;
            moves = true;
            handedOut = position != null ? position : handedOut;
            roomAgain = roomWanted && isHalfFree();
            roomWanted &= !roomAgain;
            if (emptyWanted && waiting.isEmpty()) {
                emptyWanted = false;
                roomAgain = true;
            }
        }
        if (roomAgain) {
            called(room);
        }
        return next;
    }

    private @Nullable Delivery lastDelivery() {
        if (!ending) {
            return null;
        }
        ending = false;
        return LAST;
    }

    /** Whether half of it is free; if not, {@code room} will be called when it is. */
    synchronized boolean hasRoom() {
        roomWanted = !isHalfFree();
        return !roomWanted;
    }

    /** Has {@code room} called as soon as nothing waits, if anything does. */
    synchronized void callWhenEmpty() {
        emptyWanted = !waiting.isEmpty();
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Drops what waits and takes nothing more. */
    synchronized void close() {
        closed = true;
        ending = false;
        waiting.clear();
        bytes = 0;
    }

    private boolean isFull(long more) {
        return !waiting.isEmpty() && bytes + more > limitBytes;
    }

    /**
     * Leaves out the pings that a later one says again, of those that wait and of these events, if that frees half of the
     * mailbox: else it would be done again for each event that comes. What a gap lies between is left as it is.
     *
     * @param events those to come; they are in the mailbox when this returns true
     */
    private boolean conflate(List<? extends Delivery> events) {
        List<Delivery> all = new ArrayList<>(waiting);
        all.addAll(events);
        if (all.stream().anyMatch(Gap.class::isInstance)) {
            return false;
        }
        List<Delivery> kept = Ping.conflated(all);
        if (weight(kept) > limitBytes / 2) {
            return false;
        }
        long keptBytes = weight(kept);
        waiting = new ArrayDeque<>(kept);
        bytes = keptBytes;
        conflated.addAndGet(all.size() - kept.size());
        return true;
    }

    private boolean isHalfFree() {
        return bytes <= limitBytes / 2;
    }

    private boolean add(List<? extends Delivery> deliveries, long weight) {
        if (closed || deliveries.isEmpty()) {
            return false;
        }
        int before = waiting.size();
        int after = before + deliveries.size();
        try {
            for (int i = 0; i < deliveries.size(); i++) {
                waiting.add(deliveries.get(i));
            }
        } finally {
            while (waiting.size() != after && waiting.size() > before) { // all or none
                waiting.removeLast();
            }
        }
        bytes += weight;
        return before == 0;
    }

    /**
     * Events, marks and an earlier overflow become one gap, from what was handed out last. What opens the stream stays,
     * and so do provisional copies: they stand outside the order.
     */
    private void overflow(Position head) {
        Position from = handedOut;
        for (Delivery delivery : waiting) {
            from = from != null ? from : positionAfter(delivery);
        }
        Gap gap = new Gap(GapReason.OVERFLOW, from == null ? null : from.cursor(), null, head);
        ArrayDeque<Delivery> left = new ArrayDeque<>();
        long leftBytes = gap.weight();
        for (Delivery delivery : waiting) {
            if (!isOverflowed(delivery)) {
                left.add(delivery);
                leftBytes += delivery.weight();
            }
        }
        left.add(gap);
        waiting = left;
        bytes = leftBytes;
    }

    private static boolean isOverflowed(Delivery delivery) {
        return (delivery instanceof Received received && !received.provisional())
                || delivery instanceof Reached
                || (delivery instanceof Gap gap && gap.reason() == GapReason.OVERFLOW);
    }

    /** Where the stream is after a delivery; null if that says nothing about it. */
    private static @Nullable Position positionAfter(Delivery delivery) {
        if (delivery instanceof Received received) {
            return received.position();
        }
        if (delivery instanceof Reached reached) {
            return reached.position();
        }
        if (delivery instanceof Opened opened) {
            return opened.start();
        }
        if (delivery instanceof Gap gap) {
            return gap.reason() == GapReason.TRIMMED && gap.floor() != null ? gap.floor() : gap.head();
        }
        return null;
    }

    /** Signals again if the last signal failed: the consumer may be asleep while something waits. */
    void nudge() {
        if (unsaid) {
            signal();
        }
    }

    private void signal() {
        unsaid = true; // until it has been said
        unsaid = !called(signal);
    }

    @SuppressWarnings("EmptyCatch")
    private static boolean called(Runnable callback) {
        try {
            callback.run();
            return true;
        } catch (RuntimeException | Error e) {
            try {
                LOG.error("a subscriber's signal failed", e);
            } catch (RuntimeException | Error alsoTheLog) {
                // nothing is left to tell it with
            }
            return false;
        }
    }

    /** By index, here and where they are put in: once for each delivery, an iterator was a third of all garbage. */
    private static long weight(List<? extends Delivery> deliveries) {
        long sum = 0;
        for (int i = 0; i < deliveries.size(); i++) {
            sum += deliveries.get(i).weight();
        }
        return sum;
    }
}
