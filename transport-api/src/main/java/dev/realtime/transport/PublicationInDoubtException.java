package dev.realtime.transport;

import org.jspecify.annotations.Nullable;

/**
 * The publication was sent, the answer was lost, and by now nobody can find out whether the log has it: its ids may
 * have left the replay window, or it was sent as often as is reasonable. It is not sent again, because it could then be
 * in the log twice. Subscribers may have heard it or not: let them fetch the state anew, or publish what is true now
 * under a new id.
 */
public final class PublicationInDoubtException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PublicationInDoubtException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
