package dev.realtime.benchmarks.equipment;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.event.Event;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Publishes single events, one call each, and measures how long each takes to commit. */
public final class Load {
    private static final int MOST_ON_THE_WAY = 20_000;

    private final PubSub pubSub;
    private final Histogram commitMicros = new ConcurrentHistogram(3);
    private final AtomicLong failed = new AtomicLong();
    private final Semaphore onTheWay = new Semaphore(MOST_ON_THE_WAY);

    public Load(PubSub pubSub) {
        this.pubSub = pubSub;
    }

    /** As fast as it goes, with a bounded number on the way. Returns events per second, commits included. */
    public double flatOut(long events) {
        long start = System.nanoTime();
        for (long i = 0; i < events; i++) {
            publish();
        }
        finish();
        return events * 1e9 / (System.nanoTime() - start);
    }

    /** At a steady rate. What is late is made up for, and counts from when it was due. */
    public void steady(int perSecond, long events) {
        long interval = 1_000_000_000L / perSecond;
        long due = System.nanoTime();
        for (long i = 0; i < events; i++, due += interval) {
            long wait = due - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
            }
            publish();
        }
        finish();
    }

    private void publish() {
        onTheWay.acquireUninterruptibly();
        long start = System.nanoTime();
        pubSub.publish(Event.of(Instance.ORG, "orders.updated")
                        .withTopic("resource:orders")
                        .withPayload(Payload.now()))
                .committed()
                .whenComplete((published, failure) -> {
                    commitMicros.recordValue((System.nanoTime() - start) / 1_000);
                    if (failure != null) {
                        failed.incrementAndGet();
                    }
                    onTheWay.release();
                });
    }

    private void finish() {
        onTheWay.acquireUninterruptibly(MOST_ON_THE_WAY);
        onTheWay.release(MOST_ON_THE_WAY);
    }

    /** How long publications took to commit. */
    public Histogram commitMicros() {
        return commitMicros;
    }

    public long failed() {
        return failed.get();
    }
}
