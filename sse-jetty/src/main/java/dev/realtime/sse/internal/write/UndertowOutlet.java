package dev.realtime.sse.internal.write;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Through Undertow: all that is done with a connection is done by the connection's own thread, since Undertow complains of
 * one that ends under another. It keeps one that nobody reads for ever, unless it is configured otherwise. What it has for
 * both is found by name, so that nothing here needs its classes.
 *
 * <pre>
 * AWAITED ──ready──▶ FREE ──write──▶ WRITING ──asked──▶ AWAITED
 *                     ▲────written────┘
 * </pre>
 */
final class UndertowOutlet implements Outlet {
    private static final String REQUEST = "io.undertow.servlet.spec.HttpServletRequestImpl";
    /** How long a client may take to close its side after a farewell. */
    private static final long LINGER_MILLIS = 2_000;

    private enum State {
        FREE,
        WRITING,
        /** Under way, and the listener is to hear when it is over. */
        AWAITED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.AWAITED);
    private final ContainerOutlet container;
    private final ServletOutputStream out;
    private final Closeable connection;
    private final Executor ioThread;
    private final boolean alone;
    private volatile @Nullable Listener listener;

    // owned by the connection's thread
    private boolean over;

    private UndertowOutlet(AsyncContext async, Closeable connection, Executor ioThread, boolean alone)
            throws IOException {
        this.container = new ContainerOutlet(async);
        this.out = async.getResponse().getOutputStream();
        this.connection = connection;
        this.ioThread = ioThread;
        this.alone = alone;
    }

    static boolean serves(ServletRequest innermost) {
        return innermost.getClass().getName().equals(REQUEST);
    }

    static Outlet of(AsyncContext async, ServletRequest innermost) throws IOException {
        boolean alone = innermost.getProtocol().equals("HTTP/1.1");
        if (alone && async.getResponse() instanceof HttpServletResponse response) {
            response.setHeader("Transfer-Encoding", "chunked"); // else there would be none where the connection ends
            response.setHeader("Connection", "close");
        }
        try {
            Object exchange = call(innermost, "getExchange");
            Closeable connection = (Closeable) call(exchange, "getConnection"); // over HTTP/2 this one stream
            return new UndertowOutlet(async, connection, (Executor) call(exchange, "getIoThread"), alone);
        } catch (ReflectiveOperationException | ClassCastException anotherVersion) {
            return new ContainerOutlet(async);
        }
    }

    private static Object call(Object target, String method) throws ReflectiveOperationException {
        return target.getClass().getMethod(method).invoke(target);
    }

    @Override
    public void start(Listener listener) {
        this.listener = listener;
        container.start(new Listener() {
            @Override
            public void onReady() {
                byItsOwnThread(UndertowOutlet.this::proceed);
            }

            @Override
            public void onGone() {
                listener.onGone();
            }
        });
    }

    @Override
    public boolean isReady() {
        return state.get() == State.FREE || !state.compareAndSet(State.WRITING, State.AWAITED);
    }

    @Override
    public void write(Batch batch) {
        state.set(State.WRITING);
        byItsOwnThread(() -> {
            try {
                container.write(batch);
                proceed();
            } catch (IOException clientHasLeft) {
                gone();
            }
        });
    }

    /** Sends what is held back, and is free when there is nothing more of it; if not now, then when the container says so. */
    private void proceed() {
        try {
            while (!over && container.isReady()) {
                if (!container.unflushed()) {
                    free();
                    return;
                }
                container.flush();
            }
        } catch (IOException clientHasLeft) {
            gone();
        }
    }

    private void free() {
        Listener told = listener;
        if (!state.compareAndSet(State.WRITING, State.FREE)
                && state.compareAndSet(State.AWAITED, State.FREE)
                && told != null) {
            told.onReady();
        }
    }

    private void gone() {
        Listener told = listener;
        if (told != null) {
            told.onGone();
        }
    }

    /** A batch is sent as soon as it is written. */
    @Override
    public boolean unflushed() {
        return false;
    }

    @Override
    public void flush() {}

    @Override
    public void complete() {
        byItsOwnThread(this::finish);
    }

    @Override
    public void abort() {
        byItsOwnThread(() -> {
            if (!over) {
                close();
                finish();
            }
        });
    }

    private void finish() {
        if (over) {
            return;
        }
        over = true;
        try {
            out.close();
        } catch (IOException clientHasLeft) {
            // told to us, and so not to the log
        } finally {
            completeUnlessItStops();
        }
        if (alone) { // nothing else will come over it, and Undertow waits until the client closes it too
            later(this::close);
        }
    }

    private void completeUnlessItStops() {
        try {
            container.complete();
        } catch (RejectedExecutionException serverStops) {
            // nothing is left of it
        }
    }

    private void close() {
        try {
            connection.close();
        } catch (IOException clientHasLeft) {
            // then there is nothing to close
        }
    }

    private void later(Runnable step) {
        try {
            Class.forName("org.xnio.XnioExecutor", false, ioThread.getClass().getClassLoader())
                    .getMethod("executeAfter", Runnable.class, long.class, TimeUnit.class)
                    .invoke(ioThread, step, LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ReflectiveOperationException anotherVersion) {
            // then Undertow's own timeouts hold
        }
    }

    /** One step after the other. */
    private void byItsOwnThread(Runnable step) {
        try {
            ioThread.execute(step);
        } catch (RejectedExecutionException serverStops) {
            step.run();
        }
    }
}
