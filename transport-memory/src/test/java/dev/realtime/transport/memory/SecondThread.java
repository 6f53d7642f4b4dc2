package dev.realtime.transport.memory;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.spi.PubSubAdapter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A mutant that tells its sink things from two threads; the second has a name of ours and a life of its own. */
final class SecondThread extends ForwardingAdapter {
    private final CountDownLatch closed = new CountDownLatch(1);
    private final long afterlifeMillis;

    SecondThread(PubSubAdapter adapter) {
        this(adapter, 0);
    }

    /** @param afterlifeMillis how long the thread goes on when closed */
    SecondThread(PubSubAdapter adapter, long afterlifeMillis) {
        super(adapter);
        this.afterlifeMillis = afterlifeMillis;
    }

    @Override
    void started(LogId log, Position through) {
        sink.started(log, through);
        new Thread(this::run, "realtime-second").start();
    }

    private void run() {
        try {
            while (!closed.await(10, TimeUnit.MICROSECONDS)) {
                sink.status(adapter.status());
            }
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(afterlifeMillis);
            while (System.nanoTime() < end) {
                sink.status(adapter.status());
                LockSupport.parkNanos(1_000_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        adapter.close();
        closed.countDown();
    }
}
