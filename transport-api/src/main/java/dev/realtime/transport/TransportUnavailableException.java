package dev.realtime.transport;

import org.jspecify.annotations.Nullable;

/**
 * The transport's backend cannot be reached or did not answer in time. Retry with the same event ids: whether the
 * attempt took effect may be unknown, and the ids keep a second one from publishing twice.
 */
public final class TransportUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean notSent;

    public TransportUnavailableException(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    private TransportUnavailableException(String message, @Nullable Throwable cause, boolean notSent) {
        super(message, cause);
        this.notSent = notSent;
    }

    /** One of an attempt that never left this instance: it had no effect. */
    public static TransportUnavailableException notSent(String message, @Nullable Throwable cause) {
        return new TransportUnavailableException(message, cause, true);
    }

    /** Whether the attempt is known to have had no effect, because it never left this instance. */
    public boolean isNotSent() {
        return notSent;
    }
}
