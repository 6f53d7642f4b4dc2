package dev.realtime.sse.internal.write;

import dev.realtime.sse.internal.http.EndListener;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes through the servlet container, whatever the protocol, with what every container has. A container uses what belongs
 * to a request again for the next one as soon as it has told that this one is over. So what it tells waits until a call of
 * ours has returned, and afterwards it is called no more: the next request would have the error of this one.
 */
class ContainerOutlet implements Outlet {
    private final AsyncContext async;
    private final ServletOutputStream out;
    /** Guarded by this, as is every call of the container. */
    private boolean over;
    /** Owned by the writer. */
    private boolean unflushed = true;

    ContainerOutlet(AsyncContext async) throws IOException {
        this.async = async;
        this.out = async.getResponse().getOutputStream();
    }

    @Override
    public final void start(Listener listener) {
        Told told = new Told(this, listener);
        async.addListener(told);
        out.setWriteListener(told);
    }

    @Override
    public final synchronized boolean isReady() {
        return !over && out.isReady();
    }

    @Override
    public final synchronized void write(Batch batch) throws IOException {
        requireOpen();
        unflushed = write(out, batch);
    }

    private void requireOpen() throws IOException {
        if (over) {
            throw new EOFException("the response is over");
        }
    }

    /** Returns whether the container may hold some of it back until a flush. */
    boolean write(ServletOutputStream out, Batch batch) throws IOException {
        write(out, batch.frames());
        return true;
    }

    static void write(ServletOutputStream out, ByteBuffer bytes) throws IOException {
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    @Override
    public final boolean unflushed() {
        return unflushed;
    }

    @Override
    public final synchronized void flush() throws IOException {
        requireOpen();
        unflushed = flush(out);
    }

    /** Returns whether the container may still hold something back. */
    boolean flush(ServletOutputStream out) throws IOException {
        out.flush();
        return false;
    }

    @Override
    public final synchronized void complete() {
        if (!over) {
            over = true;
            completeOnce();
        }
    }

    /** A container that cannot be told to cut gives up what it could not write by its own deadline. */
    @Override
    public final synchronized void abort() {
        if (!over) {
            over = true;
            try {
                cut();
            } catch (ReflectiveOperationException | RuntimeException anotherVersion) {
                // as in a container that cannot be told
            }
            completeOnce();
        }
    }

    /** Closes the connection, or what carries this response on it, whatever is under way. */
    void cut() throws ReflectiveOperationException {}

    private void completeOnce() {
        try {
            async.complete();
        } catch (IllegalStateException alreadyComplete) {
            // the container was first
        }
    }

    /** The container is about to end it. Returns whether it knows that from us. */
    private synchronized boolean over() {
        boolean before = over;
        over = true;
        return before;
    }

    /** What the container tells, in the outlet's words. */
    private record Told(ContainerOutlet outlet, Listener listener) implements WriteListener, EndListener {
        @Override
        public void onWritePossible() {
            listener.onReady();
        }

        @Override
        public void onError(Throwable failure) {
            listener.onGone();
        }

        /** A container looks for somebody to blame where nobody completes what has failed. */
        @Override
        public void onError(AsyncEvent event) {
            if (!outlet.over()) {
                outlet.completeOnce();
            }
            listener.onGone();
        }

        @Override
        public void onEnd() {
            outlet.over();
            listener.onGone();
        }
    }
}
