package dev.realtime.sse.internal.http;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;

/** For who does not mind how a request ends: completed, failed or timed out. */
public interface EndListener extends AsyncListener {
    /** It has ended. May be said more than once. */
    void onEnd();

    @Override
    default void onComplete(AsyncEvent event) {
        onEnd();
    }

    @Override
    default void onError(AsyncEvent event) {
        onEnd();
    }

    @Override
    default void onTimeout(AsyncEvent event) {
        onEnd();
    }

    @Override
    default void onStartAsync(AsyncEvent event) {}
}
