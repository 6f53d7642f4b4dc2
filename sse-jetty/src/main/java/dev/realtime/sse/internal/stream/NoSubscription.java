package dev.realtime.sse.internal.stream;

import dev.realtime.transport.Delivery;
import dev.realtime.transport.Subscription;
import org.jspecify.annotations.Nullable;

/** What a stream has that is told to come back later: nothing. */
enum NoSubscription implements Subscription {
    INSTANCE;

    @Override
    public @Nullable Delivery poll() {
        return null;
    }

    @Override
    public boolean mark() {
        return false;
    }

    @Override
    public long waitingBytes() {
        return 0;
    }

    @Override
    public void close() {}
}
