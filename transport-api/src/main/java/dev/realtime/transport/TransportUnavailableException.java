package dev.realtime.transport;

import org.jspecify.annotations.Nullable;

/**
 * The transport's backend cannot be reached or did not answer in time. Retry with the same event ids: whether the
 * attempt took effect may be unknown, and the ids keep a second one from publishing twice.
 */
public final class TransportUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TransportUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
