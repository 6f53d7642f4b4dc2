package dev.realtime.sse.internal.stream;

import dev.realtime.sse.internal.http.Guarded;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.fairness.Lines;
import dev.realtime.transport.fairness.Shares;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams that read the log, from their cursor until they are live: so many of an organisation at once, and ten times
 * as many that wait for their turn, open and in order, organisations by turns; of all organisations twice as many, which
 * they share. Whoever waits has no subscription yet, so that nothing is held for it; it subscribes
 * in its own next turn to write. Thread-safe; never blocks, and signals nobody under its lock.
 */
final class Replays {
    /**
     * How long a stream may occupy a replay's place. After that its own client is the bottleneck, so the place is given
     * to the next stream.
     */
    static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** As it stands in metrics. */
    static final String WIRE_NAME = "replays";

    private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

    private static final int WAITING_FOR_EACH = 10;

    private final int limit;
    private final Shares reading;
    private final Shares waiting;
    private final BooleanSupplier logFlows;
    private final LongSupplier nanoTime;

    // guarded by this
    private final Set<Place> readers = new LinkedHashSet<>();
    private final Lines<Place> lines = new Lines<>();
    private final Queue<Place> toSignal = new ArrayDeque<>();
    private boolean signalling;

    /** Room, or none. */
    sealed interface Answer {}

    /** So many read, and as many wait as may. */
    record Full(int limit) implements Answer {
        String sentence() {
            return "this instance replays the log to " + limit
                    + " streams of an organisation at once, which is the limit, or fewer where others do too, and ten"
                    + " times as many wait; come back later";
        }
    }

    /**
     * @param limit how many of an organisation read at once
     * @param logFlows whether the log can be read: if not nobody counts, and nobody waits
     */
    Replays(int limit, BooleanSupplier logFlows, LongSupplier nanoTime) {
        this.limit = limit;
        this.reading = new Shares(2L * limit);
        this.waiting = new Shares(2L * limit * WAITING_FOR_EACH);
        this.logFlows = logFlows;
        this.nanoTime = nanoTime;
    }

    /** For one more stream of an organisation that has a cursor. */
    Answer take(String orgId) {
        boolean flows = logFlows.getAsBoolean();
        long now = nanoTime.getAsLong();
        synchronized (this) {
            Place place = new Place(orgId);
            if (!flows) {
                place.mayRead = true;
            } else if (!lines.has(orgId) && reading.take(orgId, 1)) {
                begin(place, now);
            } else if (waiting.take(orgId, 1)) {
                lines.add(orgId, place);
            } else {
                return new Full(limit);
            }
            return place;
        }
    }

    /** By the streams' clock. */
    void tick() {
        boolean flows = logFlows.getAsBoolean();
        long now = nanoTime.getAsLong();
        synchronized (this) {
            Iterator<Place> longest = readers.iterator();
            while (longest.hasNext()) {
                Place place = longest.next();
                if (now - place.begunAt < LONGEST_NANOS) {
                    break;
                }
                reading.giveBack(place.orgId, 1);
                longest.remove();
            }
            if (!flows) {
                lines.removeAll().forEach(place -> {
                    waiting.giveBack(place.orgId, 1);
                    letIn(place);
                });
            }
            admit(now);
        }
        signal();
    }

    int reading() {
        return (int) reading.taken();
    }

    int waiting() {
        return (int) waiting.taken();
    }

    private void leave(Place place) {
        long now = nanoTime.getAsLong();
        synchronized (this) {
            if (readers.contains(place)) {
                reading.giveBack(place.orgId, 1);
                readers.remove(place);
            } else if (lines.remove(place.orgId, place)) {
                waiting.giveBack(place.orgId, 1);
            }
            admit(now);
        }
        signal();
    }

    /** One of each organisation after the other, as long as there is room for any. */
    private void admit(long now) {
        List<Place> next = lines.removeFirsts(org -> reading.take(org, 1));
        while (!next.isEmpty()) {
            next.forEach(place -> {
                waiting.giveBack(place.orgId, 1);
                begin(place, now);
                letIn(place);
            });
            next = lines.removeFirsts(org -> reading.take(org, 1));
        }
    }

    private void begin(Place place, long now) {
        place.begunAt = now;
        place.mayRead = true;
        readers.add(place);
    }

    private void letIn(Place place) {
        place.mayRead = true;
        toSignal.add(place);
    }

    /** One after the other: a stream that ends when it is signalled lets in the next, and so on. */
    private void signal() {
        for (Place next = nextToSignal(); next != null; next = nextToSignal()) {
            Guarded.run(next.signal, LOG, "A stream could not be let in"); // no affair of who made room
            synchronized (this) {
                signalling = false;
            }
        }
    }

    private synchronized @Nullable Place nextToSignal() {
        if (signalling) {
            return null; // whoever signals looks again
        }
        Place next = toSignal.poll();
        signalling = next != null;
        return next;
    }

    /** One stream's, and its subscription as soon as it has one. Given back when it is live or closed, once. */
    final class Place implements Answer, Subscription {
        private final String orgId;
        private volatile boolean mayRead;
        private volatile Runnable signal = () -> {};
        private Supplier<Subscription> subscribing = () -> NoSubscription.INSTANCE;

        // guarded by the lock of Replays
        private long begunAt;

        // of its one consumer, and before that of who subscribes
        private boolean subscribed;

        // guarded by this
        private boolean closed;
        private volatile Subscription subscription = NoSubscription.INSTANCE;

        private Place(String orgId) {
            this.orgId = orgId;
        }

        /**
         * Subscribes, now or in its turn, then on the thread that polls.
         *
         * @param signal called when its turn has come
         */
        Place subscribe(Supplier<Subscription> subscribing, Runnable signal) {
            this.subscribing = subscribing;
            this.signal = signal;
            if (mayRead) {
                subscribe();
            }
            return this;
        }

        /** Whether it has its turn yet to come. */
        boolean waits() {
            return !mayRead;
        }

        @Override
        public @Nullable Delivery poll() {
            if (!subscribed && mayRead) {
                subscribe();
            }
            Delivery next = subscription.poll();
            if (next instanceof Delivery.Live) {
                leave(this);
            }
            return next;
        }

        private void subscribe() {
            subscribed = true;
            Subscription opened;
            try {
                opened = subscribing.get();
            } catch (RuntimeException | Error e) {
                leave(this); // no stream has it yet, or it will leave once more
                throw e;
            }
            synchronized (this) {
                if (!closed) {
                    subscription = opened;
                    return;
                }
            }
            opened.close();
        }

        @Override
        public boolean mark() {
            return subscription.mark();
        }

        @Override
        public long waitingBytes() {
            return subscription.waitingBytes();
        }

        @Override
        public void close() {
            Subscription last;
            synchronized (this) {
                closed = true;
                last = subscription;
            }
            last.close();
            leave(this);
        }
    }
}
