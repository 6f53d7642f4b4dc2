package dev.realtime.transport.redis.internal.connect;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The heartbeat of one connection: never more than one PING under way. What comes in on the connection counts as a beat
 * too: a PING waits behind a large command and its answer behind a large one. Not thread-safe.
 */
public final class Pulse {
    private final Supplier<CompletableFuture<?>> ping;
    private final Supplier<Duration> bound;
    private final LongSupplier heardNanos;
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    private long sentNanos;

    /**
     * @param bound how long nothing may come in, now
     * @param heardNanos when something last came in
     */
    public Pulse(Supplier<CompletableFuture<?>> ping, Supplier<Duration> bound, LongSupplier heardNanos) {
        this.ping = ping;
        this.bound = bound;
        this.heardNanos = heardNanos;
    }

    /**
     * Sends the next PING once the last one is answered. Never blocks.
     *
     * @throws CompletionException if that one failed, or is not answered in time
     */
    public void beat() {
        long now = System.nanoTime();
        if (last.isDone()) {
            last.join();
            last = ping.get();
            sentNanos = now;
            return;
        }
        long silence = Math.min(now - sentNanos, now - heardNanos.getAsLong());
        if (silence > bound.get().toNanos()) {
            throw new CompletionException(new TimeoutException("no answer to PING"));
        }
    }
}
