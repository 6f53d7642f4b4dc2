package dev.realtime.transport.spi;

import org.jspecify.annotations.Nullable;

/**
 * The backend answers, and takes no writes now: it is full, read-only, or a right is missing. Nothing of the publication
 * is in the log. The front door queues it, gives local subscribers provisional copies and tries again.
 */
public final class WritesRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message one line that names the cause, safe to show to an operator
     * @param cause what the backend said
     */
    public WritesRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
