package dev.realtime.transport;

/** The bounded queue of events that wait for the transport is full; nothing was accepted. Retry later. */
public final class QueueFullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public QueueFullException(String message) {
        super(message);
    }
}
