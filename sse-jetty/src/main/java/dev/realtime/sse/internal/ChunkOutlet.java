package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Writes HTTP/1.1 chunks straight to Jetty's end point, whose bytes are the same for all streams: half the work of a
 * write through the container. The container writes the headers, the first batch and the last chunk; in between it has
 * nothing to say. Not where a handler changes the content on its way.
 */
final class ChunkOutlet implements Outlet {
    private enum Write {
        NONE,
        UNDER_WAY,
        /** Under way, and the listener is to hear when it is over. */
        AWAITED
    }

    private final JettyOutlet container;
    private final EndPoint endPoint;
    private final AtomicReference<Write> write = new AtomicReference<>(Write.NONE);
    private final Callback written = new Written();
    private @Nullable WriteListener listener;

    // owned by the writer
    /** The container has written a chunk: the next one ends it. */
    private boolean begun;

    private boolean straight;

    private ChunkOutlet(JettyOutlet container, EndPoint endPoint) {
        this.container = container;
        this.endPoint = endPoint;
    }

    /** The best there is for a request to Jetty. */
    static Outlet of(AsyncContext async) throws IOException {
        JettyOutlet container = new JettyOutlet(async);
        if (!async.getRequest().getProtocol().equals("HTTP/1.1")) {
            return container;
        }
        EndPoint endPoint =
                container.request().getConnectionMetaData().getConnection().getEndPoint();
        return new ChunkOutlet(container, endPoint);
    }

    @Override
    public void start(WriteListener listener) {
        this.listener = listener;
        container.start(listener);
    }

    @Override
    public boolean isReady() {
        if (straight) {
            return write.get() == Write.NONE || !write.compareAndSet(Write.UNDER_WAY, Write.AWAITED);
        }
        boolean ready = container.isReady();
        straight = ready && begun;
        return ready;
    }

    @Override
    public void write(Batch batch) throws IOException {
        if (straight) {
            write.set(Write.UNDER_WAY);
            endPoint.write(written, batch.chunk());
        } else {
            container.write(batch);
            begun = true;
        }
    }

    @Override
    public boolean unflushed() {
        return !straight && container.unflushed();
    }

    @Override
    public void flush() throws IOException {
        container.flush();
    }

    @Override
    public void complete() {
        container.complete();
    }

    @Override
    public void abort() {
        container.abort();
    }

    /** Called at once if the socket took everything, else by the selector: only notes it. */
    private final class Written implements Callback {
        @Override
        public void succeeded() {
            if (write.getAndSet(Write.NONE) == Write.AWAITED && listener != null) {
                try {
                    listener.onWritePossible();
                } catch (IOException e) {
                    listener.onError(e);
                }
            }
        }

        @Override
        public void failed(Throwable failure) {
            if (listener != null) {
                listener.onError(failure);
            }
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
