package dev.realtime.sse.internal.write;

import java.io.IOException;

/**
 * A response that is written to without blocking. One writer at a time, and only after {@link #isReady} was true;
 * {@link #abort} and {@link #complete} from any thread.
 */
public interface Outlet {
    /** Who writes. Both may be called from any thread, and do not block. */
    interface Listener {
        /** Ready for the first time, or again after {@link #isReady} said no. */
        void onReady();

        /** It takes nothing more: the client is gone, or the container has ended it. May be said more than once. */
        void onGone();
    }

    void start(Listener listener);

    /** If not, the listener hears when it is: possibly before this returns. */
    boolean isReady();

    void write(Batch batch) throws IOException;

    /** Whether something was written that may still be held back; at first the headers are. */
    boolean unflushed();

    void flush() throws IOException;

    /** The response is over. */
    void complete();

    /** Cuts the connection under a write that nobody reads. Not after {@link #complete}: it may be another's by then. */
    void abort();
}
