package dev.realtime.transport.internal;

import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.InvalidInputException;
import dev.realtime.transport.spi.ClaimsKeys;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Claims keys (a lease, or "set if absent") at an adapter whose calls block, on a few threads that come and go.
 * Thread-safe.
 */
final class ClaimDesk implements KeyClaims, AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    private static final int THREADS = 2;
    /** How many may wait for one of them. */
    private static final int MAX_WAITING = 10_000;

    private final ClaimsKeys adapter;
    private final ThreadPoolExecutor threads;

    ClaimDesk(ClaimsKeys adapter) {
        this.adapter = adapter;
        AtomicInteger count = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, 5, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), task -> {
                    Thread thread = new Thread(task, "realtime-claim-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public CompletableFuture<Boolean> claim(String key, Duration ttl) {
        FieldRules.key(key);
        if (ttl.toMillis() < 1 || ttl.compareTo(LONGEST) > 0) {
            throw new InvalidInputException(
                    "invalid_ttl", "ttl", "ttl: " + ttl + " is not allowed; it is 1 ms to " + LONGEST);
        }
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        try {
            threads.execute(() -> ask(key, ttl, answer));
        } catch (RejectedExecutionException noRoom) {
            answer.completeExceptionally(
                    new TransportUnavailableException("too many claims wait, or the front door is closed", noRoom));
        }
        return within(answer);
    }

    private void ask(String key, Duration ttl, CompletableFuture<Boolean> answer) {
        if (answer.isDone()) {
            return; // nobody waits any more
        }
        try {
            answer.complete(adapter.claim(key, ttl));
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
        }
    }

    /** The deadline's own error would say nothing to anybody. */
    private static CompletableFuture<Boolean> within(CompletableFuture<Boolean> answer) {
        return answer.orTimeout(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        failure instanceof TimeoutException
                                ? new TransportUnavailableException("a claim had no answer within " + DEADLINE, failure)
                                : failure));
    }

    /** Once the adapter is closed: what waits then fails at once. */
    @Override
    public void close() {
        threads.shutdownNow().forEach(Runnable::run);
    }
}
