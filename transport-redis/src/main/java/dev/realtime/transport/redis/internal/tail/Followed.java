package dev.realtime.transport.redis.internal.tail;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogId;
import org.jspecify.annotations.Nullable;

/** An organisation that {@link Tail} follows. For its thread only. */
final class Followed {
    final String orgId;
    final long generation;
    final LogId log;

    /** Whether the sink knows. */
    boolean started;
    /** Everything up to here has been delivered; null while not known. */
    @Nullable
    Position position;
    /** When the position was last moved by what was read. */
    long heardNanos;
    /** When the meta's life was last prolonged. */
    long touchedNanos;

    Followed(String orgId, long generation) {
        this.orgId = orgId;
        this.generation = generation;
        this.log = new LogId(orgId);
    }

    /**
     * Followed again before the loop saw the end of it. It goes on from where it is, and not from the head: a call of
     * the sink that was under way may have reached either following.
     */
    Followed again(long newGeneration) {
        Followed again = new Followed(orgId, newGeneration);
        again.position = position;
        again.heardNanos = heardNanos;
        again.touchedNanos = touchedNanos;
        return again;
    }
}
