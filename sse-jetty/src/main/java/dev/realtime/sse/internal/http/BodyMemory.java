package dev.realtime.sse.internal.http;

import dev.realtime.sse.EndpointOptions;
import dev.realtime.transport.fairness.Shares;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the bodies of all requests that are being served take together, from their first byte until the answer. A body
 * takes as its bytes come. Organisations share it: each at most as much as is then free, but one body of each may grow as
 * far as there is room. The last quarter is for small ones: a few large bodies that come slowly don't keep everybody else
 * from publishing. Thread-safe; never blocks.
 */
public final class BodyMemory {
    /** So far a body may take of the last quarter too. */
    static final int SMALL_BYTES = 65_536;

    private static final int QUARTERS = 4;

    private final long limit;
    private final Shares any;
    private final Shares small;
    /** Of each organisation the one that may come beyond its share. */
    private final Map<String, Share> largest = new ConcurrentHashMap<>();

    private final Counter refusals;

    BodyMemory(long limit, MeterRegistry meters) {
        this.limit = limit;
        this.small = new Shares(limit / QUARTERS);
        this.any = new Shares(limit - small.limit());
        this.refusals = Counter.builder("realtime.bodies.refused")
                .description("Requests refused because the bodies of all requests took what they may")
                .register(meters);
        Gauge.builder("realtime.bodies.bytes", this, BodyMemory::taken)
                .description("Taken by the bodies of requests now")
                .register(meters);
    }

    public static BodyMemory of(EndpointOptions options, MeterRegistry meters) {
        return new BodyMemory(options.effectiveBodyMemoryBytes(), meters);
    }

    long limit() {
        return limit;
    }

    private double taken() {
        return any.taken() + small.taken();
    }

    /** Of one request of an organisation's, which has taken nothing yet. */
    public Share open(String orgId) {
        return new Share(orgId);
    }

    /** One request's. */
    final class Share implements BodyReader.Room {
        private final String orgId;
        private long held;
        private long heldAsSmall;
        private boolean over;

        private Share(String orgId) {
            this.orgId = orgId;
        }

        /** So many more. Whoever is refused gives back what it had, and gets no more. */
        @Override
        public synchronized boolean take(int bytes) {
            if (over) {
                return false;
            }
            if (any.take(orgId, bytes)) {
                held += bytes;
            } else if (held + heldAsSmall + bytes <= SMALL_BYTES && small.take(orgId, bytes)) {
                heldAsSmall += bytes;
            } else if (isLargest() && any.takeBeyond(orgId, bytes)) {
                held += bytes;
            } else {
                refusals.increment();
                release();
            }
            return !over;
        }

        /** Whether it is the one of its organisation's that may come beyond its share. */
        private boolean isLargest() {
            Share one = largest.putIfAbsent(orgId, this);
            return one == null || one == this;
        }

        @Override
        public long limit() {
            return limit;
        }

        /** Gives everything back. Idempotent: nothing is taken afterwards. */
        synchronized void release() {
            over = true;
            largest.remove(orgId, this);
            any.giveBack(orgId, held);
            small.giveBack(orgId, heldAsSmall);
            held = 0;
            heldAsSmall = 0;
        }
    }
}
