package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes through the servlet container, whatever the protocol, with what every container has. */
class ContainerOutlet implements Outlet {
    private final AsyncContext async;
    private final ServletOutputStream out;
    /** Owned by the writer. */
    private boolean unflushed = true;

    ContainerOutlet(AsyncContext async) throws IOException {
        this.async = async;
        this.out = async.getResponse().getOutputStream();
    }

    @Override
    public final void start(Listener listener) {
        Told told = new Told(listener);
        async.addListener(told);
        out.setWriteListener(told);
    }

    @Override
    public final boolean isReady() {
        return out.isReady();
    }

    @Override
    public final void write(Batch batch) throws IOException {
        unflushed = write(out, batch);
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
    public final void flush() throws IOException {
        unflushed = flush(out);
    }

    /** Returns whether the container may still hold something back. */
    boolean flush(ServletOutputStream out) throws IOException {
        out.flush();
        return false;
    }

    @Override
    public final void complete() {
        try {
            async.complete();
        } catch (IllegalStateException alreadyComplete) {
            // an error came first
        }
    }

    /** The container gives up what it could not write by its own deadline, and closes the connection. */
    @Override
    public void abort() {
        complete();
    }

    /** What the container tells, in the outlet's words. */
    private record Told(Listener listener) implements WriteListener, EndListener {
        @Override
        public void onWritePossible() {
            listener.onReady();
        }

        @Override
        public void onError(Throwable failure) {
            listener.onGone();
        }

        @Override
        public void onEnd() {
            listener.onGone();
        }
    }
}
