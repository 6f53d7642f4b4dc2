package dev.realtime.system.ledger;

import dev.realtime.system.equipment.Patience;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Published;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Publishes so many events a second, each a publication of its own, and keeps the account: which event stands at which
 * offset. A thread of its own publishes; the rest is thread-safe.
 */
public final class SteadyPublisher implements AutoCloseable {
    private static final String ORGANISATION = "default";
    private static final long NANOS = 1_000_000_000L;

    private final PubSub pubSub;
    private final int eventsPerSecond;
    private final NavigableMap<Long, Integer> log = new ConcurrentSkipListMap<>();
    private final Map<Long, String> cursors = new ConcurrentSkipListMap<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread = new Thread(this::publish, "steady-publisher");
    private volatile boolean stopping;
    private volatile Position first;
    private volatile int sent;
    private volatile long took;

    private SteadyPublisher(PubSub pubSub, int eventsPerSecond) {
        this.pubSub = pubSub;
        this.eventsPerSecond = eventsPerSecond;
    }

    /** Starts, and returns when the first event is committed. */
    public static SteadyPublisher start(PubSub pubSub, int eventsPerSecond) {
        SteadyPublisher publisher = new SteadyPublisher(pubSub, eventsPerSecond);
        publisher.thread.setDaemon(true);
        publisher.thread.start();
        Patience.until("a first event", () -> !publisher.log.isEmpty());
        return publisher;
    }

    /** A cursor of one of the last so many events. */
    public String recent(Random random, int reach) {
        long last = log.lastKey();
        Long offset = log.floorKey(Math.max(log.firstKey(), last - random.nextInt(reach)));
        return cursors.get(offset);
    }

    /** The first event's cursor. */
    public String first() {
        return first.cursor();
    }

    /** The whole account, by offset; complete when closed. */
    public NavigableMap<Long, Integer> log() {
        return log;
    }

    /** What it has come to. */
    public double achievedPerSecond() {
        return sent * (double) NANOS / took;
    }

    /** Stops, and waits until all is committed. */
    @Override
    public void close() {
        stopping = true;
        Patience.until("the publisher has stopped", () -> !thread.isAlive());
        Patience.until("all is committed", () -> pending.get() == 0);
        if (failure.get() != null) {
            throw new AssertionError("a publication failed", failure.get());
        }
    }

    private void publish() {
        long begun = System.nanoTime();
        int number = 0;
        while (!stopping) {
            long due = (System.nanoTime() - begun) * eventsPerSecond / NANOS;
            while (number < due && !stopping) {
                publish(number++);
            }
            LockSupport.parkNanos(NANOS / eventsPerSecond);
        }
        sent = number;
        took = System.nanoTime() - begun;
    }

    private void publish(int number) {
        pending.incrementAndGet();
        Event event = new Event(
                ORGANISATION, "storm", Event.DEFAULT_TOPIC, JsonPayload.EMPTY, null, Integer.toString(number));
        pubSub.publish(event).committed().whenComplete((published, failed) -> {
            if (failed == null) {
                committed(published.get(0));
            } else {
                failure.compareAndSet(null, failed);
            }
            pending.decrementAndGet();
        });
    }

    private void committed(Published event) {
        Position position = event.position();
        cursors.put(position.offset(), position.cursor());
        log.put(position.offset(), Integer.valueOf(event.id()));
        if (first == null || Position.parse(first.cursor()).orElseThrow().offset() > position.offset()) {
            first = position;
        }
    }
}
