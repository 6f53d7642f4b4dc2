package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who asks for a stream, and what has still to be done before it opens. */
public sealed interface Credential {
    /** Whom it names. */
    Caller caller();

    /** Nothing. */
    record Known(Caller caller) implements Credential {}

    /**
     * A ticket, to be used up.
     *
     * @param redeem asks whether somebody else has used it. Fails with {@link dev.realtime.sse.Refused}
     */
    record Ticket(Caller caller, Supplier<CompletableFuture<Redeemed>> redeem) implements Credential {}

    /**
     * What a ticket has become.
     *
     * @param caller of the ticket, or of the cookie where the ticket was of no use any more
     * @param cookie a {@code Set-Cookie} header for coming back; null for none
     */
    record Redeemed(Caller caller, @Nullable String cookie) {}
}
