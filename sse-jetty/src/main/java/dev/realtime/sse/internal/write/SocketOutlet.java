package dev.realtime.sse.internal.write;

import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames straight to the socket, each batch as a chunk that is whole. The container writes the headers and the
 * first batch, and then hands the connection over, as it does for WebSocket: the request and all that HTTP/1.1 keeps for
 * it are let go of, and so a quiet stream costs little, and a write half the work. Not where a handler changes the content
 * on its way.
 *
 * <pre>
 * FIRST ──headers out──▶ HANDING_OVER ──the connection is ours──▶ FREE ◀──written── WRITING, AWAITED
 *                                                                  └────write────▶ WRITING ──asked──▶ AWAITED
 * </pre>
 *
 * and from each of them to OVER.
 */
final class SocketOutlet implements Outlet {
    private enum State {
        /** The container writes. */
        FIRST,
        /** The container ends its part; the listener is to hear when it has. */
        HANDING_OVER,
        FREE,
        WRITING,
        /** Under way, and the listener is to hear when it is over. */
        AWAITED,
        OVER
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.FIRST);
    private final EndPoint endPoint;
    private final Executor executor;
    private final SocketBuffer buffer;
    private final Callback written = new Written();
    /** Null from when the connection is ours. */
    private volatile @Nullable JettyOutlet container;

    /** Null before the hand-over. */
    private volatile @Nullable TakenConnection own;

    private volatile @Nullable Listener listener;

    private SocketOutlet(JettyOutlet container, EndPoint endPoint, Executor executor, SocketBuffer buffer) {
        this.container = container;
        this.endPoint = endPoint;
        this.executor = executor;
        this.buffer = buffer;
    }

    /**
     * The best there is for a request to Jetty. One with a body stays with the container, which reads it.
     *
     * @param buffer of the thread that will write
     */
    static Outlet of(AsyncContext async, SocketBuffer buffer) throws IOException {
        Request request = JettyOutlet.request(async);
        ConnectionMetaData connection = request.getConnectionMetaData();
        boolean hasBody = request.getLength() > 0 || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
        if (hasBody || connection.getHttpVersion() != HttpVersion.HTTP_1_1) {
            return JettyOutlet.of(async);
        }
        return new SocketOutlet(
                JettyOutlet.begins(async),
                connection.getConnection().getEndPoint(),
                connection.getConnector().getExecutor(),
                buffer);
    }

    @Override
    public void start(Listener listener) {
        this.listener = listener;
        JettyOutlet first = container;
        if (first != null) {
            first.start(new First());
        }
    }

    @Override
    public boolean isReady() {
        JettyOutlet first = container;
        if (first == null) {
            return state.get() == State.FREE || !state.compareAndSet(State.WRITING, State.AWAITED);
        }
        if (first.isReady()) {
            if (first.unflushed()) {
                return true;
            }
            handOver(first);
        }
        return false;
    }

    /** When the container has completed the response, of which nothing is left to write, it upgrades the connection. */
    private void handOver(JettyOutlet first) {
        if (!state.compareAndSet(State.FIRST, State.HANDING_OVER)) {
            return;
        }
        Request request = first.request();
        TakenConnection mine = new TakenConnection(endPoint, executor, new Own());
        own = mine;
        request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, mine);
        Request.addCompletionListener(request, failure -> {
            if (failure != null) {
                gone();
            }
        });
        first.complete();
    }

    @Override
    public void write(Batch batch) throws IOException {
        JettyOutlet first = container;
        if (first != null) {
            first.write(batch);
        } else if (state.compareAndSet(State.FREE, State.WRITING)) {
            writeOwn(batch);
        } else {
            throw new EofException("the stream is over");
        }
    }

    /** Nearly always the socket takes everything at once; what it does not take now, Jetty writes when it does. */
    private void writeOwn(Batch batch) throws IOException {
        int taken = endPoint instanceof SocketChannelEndPoint plain ? buffer.write(plain.getChannel(), batch) : 0;
        if (taken == batch.chunkSize()) {
            state.compareAndSet(State.WRITING, State.FREE);
        } else {
            endPoint.write(written, batch.chunk().position(taken));
        }
    }

    @Override
    public boolean unflushed() {
        JettyOutlet first = container;
        return first != null && first.unflushed();
    }

    @Override
    public void flush() throws IOException {
        JettyOutlet first = container;
        if (first != null) {
            first.flush();
        }
    }

    @Override
    public void complete() {
        JettyOutlet first = container;
        State before = state.getAndSet(State.OVER);
        TakenConnection mine = own;
        if (before == State.FIRST && first != null) {
            first.complete();
        } else if (before == State.FREE && mine != null) {
            mine.end(Batch.NONE.chunk());
        } else {
            endPoint.close();
        }
    }

    @Override
    public void abort() {
        JettyOutlet first = container;
        if (state.getAndSet(State.OVER) == State.FIRST && first != null) {
            first.abort();
        } else {
            endPoint.close();
        }
    }

    /** It can be written to. */
    private void free() {
        if (!state.compareAndSet(State.WRITING, State.FREE)
                && (state.compareAndSet(State.AWAITED, State.FREE)
                        || state.compareAndSet(State.HANDING_OVER, State.FREE))) {
            ready();
        }
    }

    private void ready() {
        Listener told = listener;
        if (told != null) {
            told.onReady();
        }
    }

    private void gone() {
        Listener told = listener;
        if (told != null) {
            told.onGone();
        }
    }

    /** What the container tells: that it is complete is the end only if it was not asked to hand over. */
    private final class First implements Listener {
        @Override
        public void onReady() {
            ready();
        }

        @Override
        public void onGone() {
            if (state.get() == State.FIRST) {
                gone();
            }
        }
    }

    /** What the connection tells when it is ours. */
    private final class Own implements Listener {
        @Override
        public void onReady() {
            container = null;
            free();
            if (state.get() == State.OVER) {
                endPoint.close();
            } else if (!endPoint.isOpen()) {
                gone(); // closed before it was ours, when nobody told us
            }
        }

        @Override
        public void onGone() {
            gone();
        }
    }

    /** Called at once if the socket took everything, else by the selector: only notes it. */
    private final class Written implements Callback {
        @Override
        public void succeeded() {
            free();
        }

        @Override
        public void failed(Throwable failure) {
            try {
                executor.execute(
                        SocketOutlet.this::gone); // to end a stream takes locks that the selector must not wait for
            } catch (RejectedExecutionException serverStops) {
                gone();
            }
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }
}
