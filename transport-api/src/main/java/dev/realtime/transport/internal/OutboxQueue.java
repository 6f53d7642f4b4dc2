package dev.realtime.transport.internal;

import dev.realtime.transport.Publication;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.internal.EventIntake.Accepted;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** The publications that wait for the transport, in order, bounded. Guarded by its {@link Outbox}. */
final class OutboxQueue {
    /** Most events that may wait. */
    static final int MAX_EVENTS = 10_000;
    /** Most bytes that may wait, about. */
    static final long MAX_BYTES = 64L << 20;
    /** Most bytes that go out together, about; a single publication always may. */
    static final long MAX_BATCH_BYTES = 4L << 20;

    /** A publication on its way out. */
    static final class Waiting {
        final Accepted accepted;
        final Publication publication;
        /** Its place among all publications. */
        long number;
        /** Not before its provisional copies are out may it be published, or subscribers would see them after it. */
        private boolean ready;

        Waiting(Accepted accepted, Publication publication) {
            this.accepted = accepted;
            this.publication = publication;
        }

        void ready() {
            ready = true;
        }
    }

    /** By number. */
    private final NavigableMap<Long, Waiting> queue = new TreeMap<>();

    private int events;
    private long bytes;
    /** So many of the first go out one by one, since together they were refused. */
    private int oneByOne;

    /** Gives it its place, or throws if there is no room. */
    void add(Waiting waiting) {
        if (events + waiting.accepted.envelopes().size() > MAX_EVENTS
                || bytes + waiting.accepted.weight() > MAX_BYTES) {
            throw new QueueFullException("the transport is away and " + events + " events wait for it; at most "
                    + MAX_EVENTS + " events or " + MAX_BYTES + " bytes can. Retry later");
        }
        queue.put(waiting.number, waiting);
        events += waiting.accepted.envelopes().size();
        bytes += waiting.accepted.weight();
    }

    /**
     * The first ones, as many as may go out together and have no event id in common; none if the first is not ready.
     * They stay until {@link #removeFirst}. One at a time, a backend's round trip each, the queue might never empty.
     */
    List<Waiting> firstBatch() {
        List<Waiting> batch = new ArrayList<>();
        Set<EventIntake.Key> keys = new HashSet<>();
        long batchBytes = 0;
        for (Waiting waiting : queue.values()) {
            batchBytes += waiting.accepted.weight();
            boolean fits = batch.isEmpty()
                    || (oneByOne == 0
                            && batchBytes <= MAX_BATCH_BYTES
                            && keys.size() + waiting.accepted.envelopes().size() <= EventIntake.MAX_EVENTS);
            if (!fits || !waiting.ready || !waiting.accepted.keys().allMatch(keys::add)) {
                break;
            }
            batch.add(waiting);
        }
        return batch;
    }

    /** One of the first so many was refused: each is to get an answer of its own. */
    void goOneByOne(int count) {
        oneByOne = count;
    }

    void removeFirst(int count) {
        Iterator<Waiting> first = queue.values().iterator();
        for (int i = 0; i < count; i++) {
            Waiting gone = first.next();
            first.remove();
            events -= gone.accepted.envelopes().size();
            bytes -= gone.accepted.weight();
        }
        oneByOne = Math.max(0, oneByOne - count);
    }

    /** Empties it. */
    List<Waiting> removeAll() {
        List<Waiting> all = List.copyOf(queue.values());
        removeFirst(all.size());
        return all;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    int events() {
        return events;
    }

    long bytes() {
        return bytes;
    }
}
