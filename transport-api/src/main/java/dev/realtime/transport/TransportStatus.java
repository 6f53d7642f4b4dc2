package dev.realtime.transport;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the transport is.
 *
 * @param state what works
 * @param cause one line that names what is wrong, safe to show to an operator; null when nothing is
 * @param since when this began
 */
public record TransportStatus(State state, @Nullable String cause, Instant since) {
    /** What works. */
    public enum State {
        /** Not tried yet. */
        STARTING,
        /** Everything. */
        LIVE,
        /** Events flow, but slower or with less certainty; the cause says why. */
        DEGRADED,
        /** The backend cannot be reached: single-instance mode. */
        DOWN,
        /** Closed for good. */
        CLOSED;

        /** Whether events reach the log and come back from it. */
        public boolean flows() {
            return this == LIVE || this == DEGRADED;
        }
    }
}
