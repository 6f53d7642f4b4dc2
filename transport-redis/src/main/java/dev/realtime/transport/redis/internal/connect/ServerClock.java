package dev.realtime.transport.redis.internal.connect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's clock as it is known here, by its answers. Thread-safe. */
public final class ServerClock {
    private record Sample(long micros, long nanos) {}

    private volatile @Nullable Sample last;

    /** Of an answer to TIME. */
    static long micros(List<byte[]> time) {
        return Long.parseLong(Reply.text(time.get(0))) * 1_000_000 + Long.parseLong(Reply.text(time.get(1)));
    }

    /** An answer that has just come said this time. */
    public void said(long micros) {
        last = new Sample(micros, System.nanoTime());
    }

    /** What it said at least at this moment of {@link System#nanoTime}; the greatest number if it never said anything. */
    public long atLeast(long nanos) {
        Sample sample = last;
        return sample == null ? Long.MAX_VALUE : sample.micros() + (nanos - sample.nanos()) / 1_000;
    }
}
