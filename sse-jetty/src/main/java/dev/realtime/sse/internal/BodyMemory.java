package dev.realtime.sse.internal;

import dev.realtime.sse.EndpointOptions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the bodies of all requests that are being served take together, from their first byte until the answer. A body
 * takes as its bytes come. The last quarter is for small ones: a few large bodies that come slowly don't keep everybody
 * else from publishing. Thread-safe; never blocks.
 */
public final class BodyMemory {
    /** So far a body may take of the last quarter too. */
    static final int SMALL_BYTES = 65_536;

    private static final int QUARTERS = 4;

    private final long limit;
    private final AtomicLong taken = new AtomicLong();
    private final Counter refusals;

    BodyMemory(long limit, MeterRegistry meters) {
        this.limit = limit;
        this.refusals = Counter.builder("realtime.bodies.refused")
                .description("Requests refused because the bodies of all requests took what they may")
                .register(meters);
        Gauge.builder("realtime.bodies.bytes", taken, AtomicLong::get)
                .description("Taken by the bodies of requests now")
                .register(meters);
    }

    public static BodyMemory of(EndpointOptions options, MeterRegistry meters) {
        return new BodyMemory(options.maxBodiesBytes(), meters);
    }

    long limit() {
        return limit;
    }

    /** Of one request, which has taken nothing yet. */
    Share open() {
        return new Share();
    }

    private boolean take(int bytes, long most) {
        long now;
        do {
            now = taken.get();
            if (now + bytes > most) {
                refusals.increment();
                return false;
            }
        } while (!taken.compareAndSet(now, now + bytes));
        return true;
    }

    /** One request's. */
    final class Share implements BodyReader.Room {
        private long held;
        private boolean over;

        /** So many more. Whoever is refused gives back what it had, and gets no more. */
        @Override
        public synchronized boolean take(int bytes) {
            boolean small = held + bytes <= SMALL_BYTES;
            boolean taken = !over && BodyMemory.this.take(bytes, small ? limit : limit - limit / QUARTERS);
            if (taken) {
                held += bytes;
            } else {
                release();
            }
            return taken;
        }

        @Override
        public long limit() {
            return limit;
        }

        /** Gives everything back. Idempotent: nothing is taken afterwards. */
        synchronized void release() {
            over = true;
            taken.addAndGet(-held);
            held = 0;
        }
    }
}
