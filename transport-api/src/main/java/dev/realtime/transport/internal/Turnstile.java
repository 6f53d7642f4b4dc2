package dev.realtime.transport.internal;

import dev.realtime.transport.Publication;
import dev.realtime.transport.QueueFullException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Backpressure for publishers that may block: they wait here, for a bounded time, while the outbox has no room. One of
 * each organisation tries, the others stand in line behind it, in order. Who publishes in an answer to a publication
 * never waits, because the room that it would wait for comes of giving those answers. Thread-safe.
 */
final class Turnstile {
    /** How long at most until the next try: room may come where nobody says so. */
    private static final long TRY_AGAIN_MILLIS = 20;

    private final long patience;
    /** Those where somebody is; changed by {@code compute} only. */
    private final Map<String, Line> lines = new ConcurrentHashMap<>();

    private final Semaphore room = new Semaphore(0);
    private final ThreadLocal<Boolean> answering = ThreadLocal.withInitial(() -> false);

    /** @param patience how long a caller waits; zero: not at all */
    Turnstile(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** There may be room now. */
    void left() {
        if (room.availablePermits() == 0) {
            room.release();
        }
    }

    /** Gives an answer, with whatever hangs on it. */
    void answer(Runnable answer) {
        boolean before = answering.get();
        answering.set(true);
        try {
            answer.run();
        } finally {
            answering.set(before);
        }
    }

    /** An organisation's. */
    private static final class Line {
        private final Semaphore front = new Semaphore(1, true);
        // guarded by the map
        private int inside;
    }

    /** Tries until it is not refused for want of room, as long as the patience lasts. Gives the last try's answer. */
    Publication pass(String orgId, Supplier<Publication> attempt) {
        if (patience == 0 || answering.get()) {
            return attempt.get();
        }
        Line line = lines.compute(orgId, (same, now) -> {
            Line one = now == null ? new Line() : now;
            one.inside++;
            return one;
        });
        try {
            return pass(line.front, attempt);
        } finally {
            lines.computeIfPresent(orgId, (same, now) -> --now.inside == 0 ? null : now);
        }
    }

    private Publication pass(Semaphore line, Supplier<Publication> attempt) {
        long end = System.nanoTime() + patience;
        boolean inLine = false;
        try {
            // Whoever waits already goes first.
            Publication publication = line.hasQueuedThreads() || line.availablePermits() == 0 ? null : attempt.get();
            if (publication != null && !isRefused(publication)) {
                return publication;
            }
            inLine = line.tryAcquire(patience, TimeUnit.NANOSECONDS);
            publication = attempt.get();
            while (inLine && isRefused(publication) && System.nanoTime() < end) {
                if (room.tryAcquire(TRY_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                    room.drainPermits();
                }
                publication = attempt.get();
            }
            return publication;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return attempt.get();
        } finally {
            if (inLine) {
                line.release();
            }
        }
    }

    /** Whether it has failed already, for want of room. */
    static boolean isRefused(Publication publication) {
        if (!publication.committed().isCompletedExceptionally()) {
            return false;
        }
        try {
            publication.committed().join();
            return false;
        } catch (CompletionException e) {
            return e.getCause() instanceof QueueFullException;
        } catch (RuntimeException cancelled) {
            return false;
        }
    }
}
