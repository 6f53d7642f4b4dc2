package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Delivery.Gap;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A subscription's bounded queue between fan-out and its consumer. Fan-out never waits: events that find it full
 * become, with those that wait already, an overflow {@link Gap}. Thread-safe; the lock is held for a few steps only
 * and callbacks run outside it.
 */
final class Mailbox {
    private final long limitBytes;
    private final Runnable signal;
    private final Runnable room;

    // guarded by this
    private final Deque<Delivery> waiting = new ArrayDeque<>();
    private long bytes;
    private @Nullable Position handedOut;
    private boolean roomWanted;
    private boolean closed;

    /**
     * @param limitBytes most that may wait, about; a single event always may
     * @param signal called when deliveries begin to wait
     * @param room called when half is free again, once for each {@link #hasRoom} that said no
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
            signals = add(deliveries);
        }
        if (signals) {
            signal.run();
        }
    }

    /**
     * Puts in live events, or an overflow if they don't fit. A subscription that has no position yet takes all:
     * only provisional copies come to it, and those are bounded where they wait for the transport.
     *
     * @param head where the stream goes on after an overflow; null for provisional copies, which have no position
     * @return whether they fit
     */
    boolean offer(List<? extends Delivery> events, @Nullable Position head) {
        boolean signals;
        boolean fits;
        synchronized (this) {
            long more = weight(events);
            fits = waiting.isEmpty() || bytes + more <= limitBytes || (head == null && handedOut == null);
            signals = fits ? add(events) : overflow(head);
        }
        if (signals) {
            signal.run();
        }
        return fits;
    }

    @Nullable
    Delivery poll() {
        Delivery next;
        boolean roomAgain;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                return null;
            }
            bytes -= next.weight();
            Position position = positionOf(next);
            if (position != null) {
                handedOut = position;
            }
            roomAgain = roomWanted && isHalfFree();
            roomWanted &= !roomAgain;
        }
        if (roomAgain) {
            room.run();
        }
        return next;
    }

    /** Whether half of it is free; if not, {@code room} will be called when it is. */
    synchronized boolean hasRoom() {
        roomWanted = !isHalfFree();
        return !roomWanted;
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Drops what waits and takes nothing more. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        bytes = 0;
    }

    private boolean isHalfFree() {
        return bytes <= limitBytes / 2;
    }

    private boolean add(List<? extends Delivery> deliveries) {
        if (closed || deliveries.isEmpty()) {
            return false;
        }
        boolean wasEmpty = waiting.isEmpty();
        waiting.addAll(deliveries);
        bytes += weight(deliveries);
        return wasEmpty;
    }

    /** What opens the stream stays; events and earlier overflows become one gap, from what was handed out last. */
    private boolean overflow(@Nullable Position head) {
        Position from = handedOut;
        Position newest = head;
        for (Delivery delivery : waiting) {
            Position position = positionOf(delivery);
            if (from == null && delivery instanceof Delivery.Opened opened) {
                from = opened.start();
            }
            newest = head == null && position != null ? position : newest;
        }
        waiting.removeIf(delivery -> delivery instanceof Delivery.Received
                || delivery instanceof Delivery.Reached
                || (delivery instanceof Gap gap && gap.reason() == GapReason.OVERFLOW));
        bytes = weight(waiting);
        Position goesOn = newest != null ? newest : from;
        if (goesOn == null) {
            return false;
        }
        return add(List.of(new Gap(GapReason.OVERFLOW, from == null ? null : from.cursor(), null, goesOn)));
    }

    private static @Nullable Position positionOf(Delivery delivery) {
        if (delivery instanceof Delivery.Received received) {
            return received.position();
        }
        if (delivery instanceof Delivery.Reached reached) {
            return reached.position();
        }
        if (delivery instanceof Delivery.Opened opened) {
            return opened.start();
        }
        return null;
    }

    private static long weight(Iterable<? extends Delivery> deliveries) {
        long sum = 0;
        for (Delivery delivery : deliveries) {
            sum += delivery.weight();
        }
        return sum;
    }
}
