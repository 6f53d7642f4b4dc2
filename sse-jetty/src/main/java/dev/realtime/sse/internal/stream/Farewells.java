package dev.realtime.sse.internal.stream;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Streams that are opened only to be told to come back later. They take no seat, so that whoever finds none is told so; but
 * there are no more than so many of them at once, with what is left of their connections. Thread-safe; never blocks.
 */
final class Farewells {
    static final String WIRE_NAME = "farewells";
    /** Longer than a client may take to close its side. */
    private static final Duration LONGEST_LEFT = Duration.ofSeconds(3);

    private static final int STREAMS_FOR_EACH = 10;
    private static final int LEAST = 20;

    private final int limit;
    private final LongSupplier nanos;

    // guarded by this
    private final Queue<Place> ended = new ArrayDeque<>();
    private int taken;

    /** @param streams how many the instance may have open */
    Farewells(int streams, LongSupplier nanos) {
        this.limit = Math.max(LEAST, streams / STREAMS_FOR_EACH);
        this.nanos = nanos;
    }

    /** Of one that is sent away. */
    private final class Place implements SseConnection.Place {
        private boolean over;
        private long overAt;

        @Override
        public void ended() {
            synchronized (Farewells.this) {
                overAt = nanos.getAsLong() + LONGEST_LEFT.toNanos();
                ended.add(this);
            }
        }

        @Override
        public void gone() {
            synchronized (Farewells.this) {
                if (!over) {
                    over = true;
                    taken--;
                }
            }
        }
    }

    int limit() {
        return limit;
    }

    /** Null if there are too many. */
    synchronized SseConnection.@Nullable Place take() {
        long now = nanos.getAsLong();
        for (Place first = ended.peek(); first != null && now - first.overAt >= 0; first = ended.peek()) {
            ended.remove();
            first.gone();
        }
        if (taken >= limit) {
            return null;
        }
        taken++;
        return new Place();
    }
}
