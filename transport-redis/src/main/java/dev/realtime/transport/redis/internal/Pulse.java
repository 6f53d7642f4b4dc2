package dev.realtime.transport.redis.internal;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The heartbeat of one connection: never more than one PING under way. Not thread-safe. */
final class Pulse {
    private final Supplier<CompletableFuture<?>> ping;
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

    Pulse(Supplier<CompletableFuture<?>> ping) {
        this.ping = ping;
    }

    /**
     * Sends the next PING once the last one is answered. Never blocks.
     *
     * @throws java.util.concurrent.CompletionException if that one failed
     */
    void beat() {
        if (last.isDone()) {
            last.join();
            last = ping.get();
        }
    }
}
