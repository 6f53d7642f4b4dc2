package dev.realtime.transport.internal.hub;

import dev.realtime.transport.fairness.Lines;
import dev.realtime.transport.fairness.Shares;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What replays hold together: the pages that were read and not yet handed on, each counted once however many subscribers
 * hold it, with the frames that are made of it. It follows the heap, and organisations share it. Whoever finds no room
 * waits for its next page, organisations by turns. A page's size is known only once it has been read, so what is
 * held may go beyond the bound by a page for each thread that reads; so that nobody else has to wait for those, an
 * organisation that holds nothing may read a page as long as less than twice the bound is held. Thread-safe; never blocks,
 * and calls nobody under its lock.
 */
final class ReplayRoom {
    private static final long MOST_BYTES = 512L << 20;
    private static final long LEAST_BYTES = 4L << 20;
    private static final int HEAP_PART = 8;

    /** An event, and its frame. */
    private static final int TIMES_HELD = 2;

    /** A page as it was read, whoever has a part of it. */
    static final class Sheet {
        private final String orgId;
        private final long bytes;
        // guarded by the room
        private int holders;

        /** @param bytes of its events */
        Sheet(String orgId, long bytes) {
            this.orgId = orgId;
            this.bytes = bytes;
        }

        private long cost() {
            return TIMES_HELD * bytes;
        }
    }

    private final Shares shares;
    private final Consumer<HubSubscription> replay;

    // guarded by this
    private final Map<HubSubscription, Deque<Sheet>> held = new HashMap<>();
    private final Lines<HubSubscription> waiting = new Lines<>();

    /** @param replay has a subscription that waited ask again */
    ReplayRoom(long bytes, Consumer<HubSubscription> replay) {
        this.shares = new Shares(bytes);
        this.replay = replay;
    }

    /** By the size of the heap. */
    static long bytesFor(long heap) {
        return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, heap / HEAP_PART));
    }

    /** Whether one more page may be read for this organisation. */
    boolean admits(String orgId) {
        return shares.fits(orgId, 0) || (!shares.holds(orgId) && shares.taken() < 2 * shares.limit());
    }

    /** It has this page too from now on. */
    void hold(HubSubscription subscription, Sheet sheet) {
        synchronized (this) {
            held.computeIfAbsent(subscription, same -> new ArrayDeque<>(2)).add(sheet);
            if (sheet.holders++ == 0) {
                shares.add(sheet.orgId, sheet.cost());
            }
        }
        admitNext(); // there may be room still, or this page was there already
    }

    /**
     * It asks for its next page, and has handed on all but the last of what it had.
     *
     * @param left bytes of events that it has not handed on
     */
    void asks(HubSubscription subscription, long left) {
        synchronized (this) {
            Deque<Sheet> sheets = held.get(subscription);
            if (sheets == null) {
                return;
            }
            long newer = sheets.stream().mapToLong(sheet -> sheet.bytes).sum();
            while (!sheets.isEmpty() && newer - sheets.element().bytes >= left) {
                newer -= sheets.element().bytes;
                release(sheets.remove());
            }
            if (sheets.isEmpty()) {
                held.remove(subscription);
            }
        }
        admitNext();
    }

    /** Its replay is over. */
    void letGo(HubSubscription subscription) {
        synchronized (this) {
            Deque<Sheet> sheets = held.remove(subscription);
            if (sheets != null) {
                sheets.forEach(this::release);
            }
            waiting.remove(subscription.request().orgId(), subscription);
        }
        admitNext();
    }

    /** It asks again when there is room. False if there is by now. */
    synchronized boolean await(HubSubscription subscription) {
        String orgId = subscription.request().orgId();
        if (admits(orgId)) {
            return false;
        }
        waiting.add(orgId, subscription);
        return true;
    }

    long bytes() {
        return shares.taken();
    }

    synchronized int waiting() {
        return waiting.size();
    }

    private void release(Sheet sheet) {
        if (--sheet.holders == 0) {
            shares.giveBack(sheet.orgId, sheet.cost());
        }
    }

    /** One of each organisation that may: when it has its page, the next. */
    private void admitNext() {
        List<HubSubscription> next;
        synchronized (this) {
            next = waiting.removeFirsts(this::admits);
        }
        next.forEach(replay);
    }
}
