package dev.realtime.transport.redis.internal.connect;

/** The server answers, and will not read one organisation's log. Its text names the cause in one line. */
public final class LogRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LogRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
