package dev.realtime.transport.postgres.internal.publish;

import dev.realtime.transport.runtime.Measure;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What the publisher counts, in events unless said otherwise. Thread-safe. */
public final class PublishCounts {
    private volatile int queued;
    private volatile long queuedBytes;
    private final LongAdder committed = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /** What waits now. */
    void waiting(int events, long bytes) {
        queued = events;
        queuedBytes = bytes;
    }

    /** A batch was committed; what the log had already counts too. */
    void committed(int events) {
        batches.increment();
        committed.add(events);
    }

    /** A batch whose connection broke is tried again. */
    void retried() {
        retries.increment();
    }

    /** There was no room. */
    void refused(int events) {
        refused.add(events);
    }

    /** Whether they were committed is unknown to the caller, or they were not. */
    void failed(int events) {
        failed.add(events);
    }

    public List<Measure> measures() {
        return List.of(
                Measure.gauge("realtime.postgres.publish.queued", "Events that wait for the next batch", () -> queued),
                Measure.gauge("realtime.postgres.publish.queued.bytes", "The same in bytes, about", () -> queuedBytes),
                Measure.counter("realtime.postgres.publish.committed", "Events committed in batches", committed::sum),
                Measure.counter("realtime.postgres.publish.batches", "Batches committed", batches::sum),
                Measure.counter(
                        "realtime.postgres.publish.retries", "Batches tried again on a new connection", retries::sum),
                Measure.counter(
                        "realtime.postgres.publish.refused", "Events refused because the queue is full", refused::sum),
                Measure.counter("realtime.postgres.publish.failed", "Events whose batch failed", failed::sum));
    }
}
