package dev.realtime.transport.internal;

import dev.realtime.transport.Publication;
import dev.realtime.transport.internal.EventIntake.Accepted;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** The publications that wait for one log, in order. Guarded by its {@link OutboxLane}. */
final class OutboxQueue {
    /** Most bytes that go out together, about; a single publication always may. */
    static final long MAX_BATCH_BYTES = 4L << 20;
    /** How much smaller the next batch is after one that had no answer. */
    private static final int STEP = 8;

    /** A publication, or the part of it that goes into one log, on its way out. */
    static final class Waiting {
        final Accepted accepted;
        final Publication publication;
        /** Its place in its lane. */
        long number;

        Standing standing = new Standing.Unsent();
        /** Local subscribers have got it before the log; set by whoever may send it. */
        volatile boolean copied;
        /** On its way past the queue; guarded by its lane. */
        boolean underway;
        /** Counted as gone; guarded by {@link Outbox}. */
        boolean gone;
        /** The publication is sent to the backend only after its provisional copies have been delivered. */
        boolean ready;
        /** It has taken room in the queue, and not given it back. */
        boolean takesRoom;

        Waiting(Accepted accepted, Publication publication) {
            this.accepted = accepted;
            this.publication = publication;
        }
    }

    /** By number. */
    private final NavigableMap<Long, Waiting> queue = new TreeMap<>();
    /** So many of the first go out one by one, since together they were refused. */
    private int oneByOne;
    /** Most publications that go out together. */
    private int together = Integer.MAX_VALUE;

    void add(Waiting waiting) {
        queue.put(waiting.number, waiting);
    }

    /**
     * The first ones, as many as may go out together and have no event id in common; none if the first is not ready.
     * They stay until {@link #remove}. One at a time, a backend's round trip each, the queue might never empty.
     */
    List<Waiting> firstBatch() {
        List<Waiting> batch = new ArrayList<>();
        Set<EventIntake.Key> keys = new HashSet<>();
        long batchBytes = 0;
        for (Waiting waiting : queue.values()) {
            batchBytes += waiting.accepted.weight();
            boolean fits = batch.isEmpty()
                    || (oneByOne == 0
                            && batch.size() < together
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

    /** So many had no answer together: one of them may be the cause, or all of them too much. */
    void goInSmaller(int count) {
        together = Math.max(1, count / STEP);
    }

    /** A batch had its answer: the next one may be somewhat larger. */
    void answered() {
        together = together > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : together + Math.max(1, together / 4);
    }

    void remove(Waiting waiting) {
        queue.remove(waiting.number);
        oneByOne = Math.max(0, oneByOne - 1);
    }

    /** Whether these still wait: all do, or none after {@link #removeAll}. */
    boolean holds(List<Waiting> sent) {
        return queue.containsKey(sent.get(0).number);
    }

    /** Empties it. */
    List<Waiting> removeAll() {
        List<Waiting> all = List.copyOf(queue.values());
        queue.clear();
        oneByOne = 0;
        return all;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }
}
