package dev.realtime.transport.postgres.internal.publish;

import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.fairness.Shares;
import dev.realtime.transport.fairness.Turns;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The publications that wait for the next batches: each organisation has a share of the room, and they are worked off by
 * turns. Not thread-safe: the {@link Publisher}'s lock guards it.
 */
final class PublishQueue {
    private static final int BATCH_EVENTS = 1_000;
    private static final int BATCH_BYTES = 4 << 20;
    /** Of one organisation; of all together, twice as many. */
    private static final int MAX_EVENTS = 100_000;
    /** Of all together; of one organisation, half of it. */
    private static final long MAX_BYTES =
            Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 8);

    /**
     * A publication.
     *
     * @param sentNanos when its first attempt was begun
     * @param isFirst whether this is its first attempt
     * @param takesRoom of the queue's, which has not been given back
     */
    record Waiting(
            List<Envelope> events,
            long bytes,
            long sentNanos,
            boolean isFirst,
            CompletableFuture<List<Position>> future,
            AtomicBoolean takesRoom) {
        Waiting(
                List<Envelope> events,
                long bytes,
                long sentNanos,
                boolean isFirst,
                CompletableFuture<List<Position>> future) {
            this(events, bytes, sentNanos, isFirst, future, new AtomicBoolean());
        }

        /** Whose share of the room it takes from. */
        private String owner() {
            return events.get(0).orgId();
        }

        private Set<String> owners() {
            return events.stream().map(Envelope::orgId).collect(Collectors.toUnmodifiableSet());
        }
    }

    private record Key(String orgId, String id) {}

    private final Turns<Waiting> turns = new Turns<>();
    private final Shares events = new Shares(2L * MAX_EVENTS);
    private final Shares bytes = new Shares(MAX_BYTES);

    /** Puts it in, or says why not. Where nothing waits, one may be of any size. */
    @Nullable
    QueueFullException add(Waiting waiting) {
        String owner = waiting.owner();
        int count = waiting.events().size();
        if (!turns.isEmpty() && !(events.fits(owner, count) && bytes.fits(owner, waiting.bytes()))) {
            return new QueueFullException("publishing is slower than its callers: " + events()
                    + " events wait; of an organisation at most " + MAX_EVENTS + " events or " + MAX_BYTES / 2
                    + " bytes can, and as much as is then free");
        }
        turns.add(waiting, waiting.owners(), waiting.bytes());
        events.add(owner, count);
        bytes.add(owner, waiting.bytes());
        waiting.takesRoom.set(true);
        return null;
    }

    /** Moves what goes together into the batch, so that nothing is nowhere; nothing only if nothing waits. */
    void removeBatch(List<Waiting> batch) {
        Set<Key> keys = new HashSet<>();
        int count = 0;
        long size = 0;
        for (Waiting next = turns.next(); next != null; next = turns.next()) {
            boolean fits = count + next.events().size() <= BATCH_EVENTS && size + next.bytes() <= BATCH_BYTES;
            // An id that is in the batch already has to be looked up in the log, so it waits for the next one.
            boolean isNew = next.events().stream().allMatch(event -> keys.add(new Key(event.orgId(), event.id())));
            if (!batch.isEmpty() && !(fits && isNew)) {
                break;
            }
            gone(next);
            batch.add(turns.remove());
            count += next.events().size();
            size += next.bytes();
        }
    }

    /** Empties it. In the order in which they came. */
    List<Waiting> removeAll() {
        List<Waiting> left = turns.removeAll();
        left.forEach(this::gone);
        return left;
    }

    boolean isEmpty() {
        return turns.isEmpty();
    }

    int events() {
        return (int) events.taken();
    }

    long bytes() {
        return bytes.taken();
    }

    /** Once, however often it is tried. */
    private void gone(Waiting waiting) {
        if (waiting.takesRoom.get()) {
            events.giveBack(waiting.owner(), waiting.events().size());
            bytes.giveBack(waiting.owner(), waiting.bytes());
            waiting.takesRoom.set(false);
        }
    }
}
