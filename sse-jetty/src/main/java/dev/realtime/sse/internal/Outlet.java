package dev.realtime.sse.internal;

import jakarta.servlet.WriteListener;
import java.io.IOException;

/**
 * A response that is written to without blocking. One writer at a time, and only after {@link #isReady} was true;
 * {@link #abort} and {@link #complete} from any thread.
 */
interface Outlet {
    /** The listener hears when it is ready for the first time. */
    void start(WriteListener listener);

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
