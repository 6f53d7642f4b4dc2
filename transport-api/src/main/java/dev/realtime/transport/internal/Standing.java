package dev.realtime.transport.internal;

import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a publication that is on its way into one log, and what follows from the answer to an attempt. Pure.
 *
 * <pre>
 * UNSENT ──no answer──▶ IN DOUBT ──no answer, and sent too often──────────▶ fails, in doubt
 *   │  ▲ not sent,         │  ▲ not sent, writes are refused,              ▲
 *   │  └ writes refused    │  └ no answer: sent again                      │
 *   │                      ├── too late for the window, or refused ────────┘
 *   └──────────┬───────────┘
 *              ├── positions ─────────────▶ committed
 *              └── conflict (or refused) ─▶ fails
 * </pre>
 */
sealed interface Standing {
    /** So often a publication is sent alone whose answers are lost. */
    int MAX_TRIES = 10;

    /** Nothing of it can be in the log. */
    record Unsent() implements Standing {}

    /**
     * It was sent, and no answer came: the log may have it.
     *
     * @param sinceNanos when the first attempt was begun
     * @param tries attempts without an answer that were its own: of several sent together, another may be the cause
     */
    record InDoubt(long sinceNanos, int tries) implements Standing {}

    /** What is to be done with it. */
    sealed interface Next {
        /**
         * It waits, and is sent again.
         *
         * @param copied whether local subscribers get a copy now: nothing of it can be in the log, and it takes time
         */
        record Again(Standing standing, boolean copied) implements Next {}

        /** Its publisher is told. */
        record Fails(Throwable cause) implements Next {}
    }

    /** When the first attempt was begun whose effect is unknown; the same as now if there was none. */
    default long firstSent(long now) {
        return this instanceof InDoubt doubt ? doubt.sinceNanos() : now;
    }

    /**
     * An attempt to publish it.
     *
     * @param begunNanos when it was begun
     * @param queued whether it comes from the queue: its publisher need not hear that there is no room
     * @param alone whether no other publication was sent with it
     */
    record Attempt(long begunNanos, boolean queued, boolean alone) {}

    /** What follows when an attempt failed. */
    default Next after(Throwable failure, Attempt attempt) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof WritesRefusedException) {
            return new Next.Again(this, this instanceof Unsent);
        }
        if (cause instanceof TransportUnavailableException unavailable) {
            return unavailable.isNotSent() ? new Next.Again(this, false) : unanswered(unavailable, attempt);
        }
        if (cause instanceof QueueFullException && attempt.queued()) {
            return new Next.Again(this, false);
        }
        if (this instanceof InDoubt && cause instanceof PublicationRefusedException) {
            return new Next.Fails(inDoubt("now it is refused: " + cause.getMessage(), cause));
        }
        return new Next.Fails(cause);
    }

    /** Why it is not sent again once its ids may have left the replay window; null as long as it may be. */
    default @Nullable PublicationInDoubtException expired(long now, Duration window) {
        return this instanceof InDoubt doubt
                        && now - doubt.sinceNanos() >= usable(window).toNanos()
                ? inDoubt("its ids may have left the replay window", null)
                : null;
    }

    /** The part of the window in which an attempt may be repeated: clocks differ, and a call takes its time. */
    static Duration usable(Duration window) {
        return window.minus(window.dividedBy(20));
    }

    /** Whether an attempt that fails so may be made again as it is: several together stay together. */
    static boolean isPassing(Throwable failure) {
        Throwable cause = unwrapped(failure);
        return cause instanceof WritesRefusedException
                || cause instanceof TransportUnavailableException
                || cause instanceof QueueFullException;
    }

    static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private Next unanswered(TransportUnavailableException cause, Attempt attempt) {
        int tries = (this instanceof InDoubt doubt ? doubt.tries() : 0) + (attempt.alone() ? 1 : 0);
        InDoubt doubt = new InDoubt(firstSent(attempt.begunNanos()), tries);
        return tries < MAX_TRIES
                ? new Next.Again(doubt, false)
                : new Next.Fails(inDoubt("sent " + tries + " times: " + cause.getMessage(), cause));
    }

    private static PublicationInDoubtException inDoubt(String why, @Nullable Throwable cause) {
        return new PublicationInDoubtException(
                "whether the log has this publication is unknown: it was sent without an answer, and " + why, cause);
    }
}
