package dev.realtime.sse.internal.credential;

import dev.realtime.sse.Caller;
import java.time.Instant;

/**
 * The claims of a ticket or of a resume cookie: a signed token of our own.
 *
 * @param id nobody else's
 * @param endsAt from then on it is of no use, in milliseconds
 * @param caller whom it lets in, to streams only
 */
record Pass(String id, Instant endsAt, Caller caller) {
    /** Whether both are for the same user of the same organisation. */
    boolean isOfSameUserAs(Pass other) {
        return PassText.user(caller).equals(PassText.user(other.caller));
    }

    boolean hasEndedAt(Instant now) {
        return !now.isBefore(endsAt);
    }
}
