package dev.realtime.sse.internal.http;

import java.io.IOException;

/** Told to a container whose connection is cut. Without a stack trace: nothing has failed. */
public final class UnreadException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnreadException() {
        super("the client does not read");
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
