package dev.realtime.sse.internal.write;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.IdleTimeout;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * A connection that carries one stream, to its end. Of what the client says only the end is heard: a stream whose client
 * has closed its side is over at once. How long it may be quiet is the stream's business.
 */
final class TakenConnection extends AbstractConnection implements Connection.UpgradeTo {
    private static final int IGNORED_BYTES = 512;
    private static final int MOST_READS = 16;
    /** How long a client may take to close its side after a farewell. */
    private static final long LINGER_MILLIS = 2_000;

    private final Outlet.Listener listener;
    /** When the farewell was written; 0 before. */
    private volatile long lingersSince;

    /** @param listener told when the connection is this one, and when it is no more */
    TakenConnection(EndPoint endPoint, Executor executor, Outlet.Listener listener) {
        super(endPoint, executor);
        this.listener = listener;
    }

    /** What the client said after its request, before it had an answer. */
    @Override
    public void onUpgradeTo(ByteBuffer ignored) {}

    @Override
    public void onOpen() {
        try {
            super.onOpen();
            getEndPoint().setIdleTimeout(0);
            listener.onReady();
            fillInterested();
        } catch (RuntimeException | Error e) {
            over(); // nobody else hears of it
            throw e;
        }
    }

    @Override
    public void onFillable() {
        ByteBuffer ignored = BufferUtil.allocate(IGNORED_BYTES);
        try {
            for (int reads = 0; reads < MOST_READS; reads++) {
                int filled = getEndPoint().fill(ignored);
                BufferUtil.clear(ignored);
                if (filled < 0 || hasLingered()) {
                    over();
                    return;
                }
                if (filled == 0) {
                    break;
                }
            }
            fillInterested();
        } catch (IOException e) {
            over();
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        over();
    }

    /** Only after the farewell is there a time to be kept. */
    @Override
    public boolean onIdleExpired(TimeoutException timeout) {
        if (lingersSince != 0) {
            getEndPoint().close();
        }
        return false;
    }

    /** The idle timeout begins again with every byte that the client says. */
    private boolean hasLingered() {
        long since = lingersSince;
        return since != 0 && System.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
    }

    private void over() {
        listener.onGone();
        getEndPoint().close();
    }

    /**
     * Writes what ends the body, and closes when the client has closed its side or does not in time: to close at once would
     * reset the connection where something of the client's is unread, and could undo the farewell.
     */
    void end(ByteBuffer last) {
        EndPoint endPoint = getEndPoint();
        lingersSince = System.nanoTime() | 1; // never 0
        if (endPoint instanceof IdleTimeout idle) {
            idle.notIdle(); // a quiet stream has been idle for longer than this, and was never asked
        }
        endPoint.setIdleTimeout(LINGER_MILLIS);
        endPoint.write(
                Callback.from(
                        Invocable.InvocationType.NON_BLOCKING, endPoint::shutdownOutput, failure -> endPoint.close()),
                last);
    }

    @Override
    public void onClose(Throwable cause) {
        super.onClose(cause);
        listener.onGone();
    }
}
