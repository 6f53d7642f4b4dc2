package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.HttpOutput;
import org.eclipse.jetty.ee10.servlet.ServletChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/**
 * A response that is written to without blocking. One writer at a time, and only after {@link #isReady} was true;
 * {@link #abort} and {@link #complete} from any thread.
 */
final class Outlet {
    private final AsyncContext async;
    private final ServletOutputStream out;
    private final ServletChannel channel;
    /** At first the headers wait. Owned by the writer. */
    private boolean unflushed = true;

    Outlet(AsyncContext async) throws IOException {
        this.async = async;
        this.out = async.getResponse().getOutputStream();
        this.channel = ServletContextRequest.getServletContextRequest(async.getRequest())
                .getServletChannel();
    }

    void start(WriteListener listener) {
        out.setWriteListener(listener);
    }

    /** If not, the listener hears when it is: possibly before this returns. */
    boolean isReady() {
        return out.isReady();
    }

    /** The bytes belong to the container until it is ready again. Jetty writes them as they are, without a copy. */
    void write(byte[] bytes) throws IOException {
        if (out instanceof HttpOutput jetty) {
            jetty.write(ByteBuffer.wrap(bytes));
            unflushed = false;
        } else {
            out.write(bytes);
            unflushed = true;
        }
    }

    /** Whether something was written that the container may still hold back. */
    boolean unflushed() {
        return unflushed;
    }

    void flush() throws IOException {
        out.flush();
        unflushed = false;
    }

    void complete() {
        try {
            async.complete();
        } catch (IllegalStateException alreadyComplete) {
            // an error came first
        }
    }

    /** Cuts the connection under a write that nobody reads. Not after {@link #complete}: the channel is then another's. */
    void abort() {
        channel.abort(new TimeoutException("the client does not read"));
        complete();
    }
}
