package dev.realtime.sse.internal.stream;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.internal.credential.CallerHash;
import dev.realtime.sse.internal.http.Rates;
import dev.realtime.sse.internal.write.Outlet;
import dev.realtime.sse.internal.write.Outlets;
import dev.realtime.sse.internal.write.StreamWriter;
import dev.realtime.sse.internal.write.StreamWriters;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.runtime.Timer;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** All streams of this endpoint, and the one clock that they share. Thread-safe. */
public final class Streams implements AutoCloseable {
    private static final Duration LONGEST_TICK = Duration.ofMillis(500);
    private static final int TICKS_PER_HEARTBEAT = 4;

    private final Set<SseConnection> open = ConcurrentHashMap.newKeySet();
    private final StreamWriters writers;
    private final Supervisor supervisor;
    private final EndpointOptions options;
    private final StreamMeters meters;
    private final Timer clock;
    private final Object emptied = new Object();
    private final Seats seats;
    private final Replays replays;
    private final Rates rates;
    private final Farewells farewells;
    private final CallerHash callerHash;
    private volatile boolean draining;
    /** How many there were when the drain began. */
    private volatile int drained;

    /**
     * @param logFlows whether the log can be read
     * @param supervisor runs the writers and the clock
     */
    public Streams(EndpointOptions options, StreamMeters meters, BooleanSupplier logFlows, Supervisor supervisor) {
        this.supervisor = supervisor;
        this.writers = new StreamWriters(supervisor);
        this.options = options;
        this.meters = meters;
        this.seats = new Seats(options.limits());
        this.callerHash = CallerHash.of(options);
        this.farewells = new Farewells(options.limits().process(), System::nanoTime);
        this.rates = new Rates(options.requestsPerSecond(), System::nanoTime, meters.registry());
        this.replays = new Replays(options.limits().replays(), logFlows, System::nanoTime);
        this.clock = supervisor.timer("realtime-streams-clock");
        long tick = Math.min(LONGEST_TICK.toMillis(), shortestDeadline(options).toMillis() / TICKS_PER_HEARTBEAT);
        clock.every(Duration.ofMillis(tick), this::tick);
        meters.count(open);
        meters.count(replays);
    }

    public int size() {
        return open.size();
    }

    public boolean draining() {
        return draining;
    }

    /** See {@code RealtimeEndpoint.drain}. */
    public void drain(Duration atMost) {
        drained = open.size();
        draining = true;
        open.forEach(stream -> stream.close(CloseReason.DRAINING));
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (emptied) {
            long left = deadline - System.nanoTime();
            while (!open.isEmpty() && left > 0) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(emptied, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
                left = deadline - System.nanoTime();
            }
        }
        open.forEach(stream -> stream.cut(CloseReason.SLOW));
    }

    /** Ends the streams of these callers, whose credentials were revoked. Looks at every stream there is. */
    public void revoke(Predicate<Caller> whose) {
        for (SseConnection stream : open) {
            Caller caller = stream.caller();
            if (caller != null && whose.test(caller)) {
                stream.close(CloseReason.REVOKED);
            }
        }
    }

    @Override
    public void close() {
        draining = true;
        clock.close();
        open.forEach(stream -> stream.cut(CloseReason.DRAINING));
        writers.close();
    }

    /** The way to a client for the thread that will write. */
    Outlet outlet(AsyncContext async, StreamWriter writer) throws IOException {
        return Outlets.of(async, options.directWrites(), writer.socketBuffer());
    }

    public StreamWriters writers() {
        return writers;
    }

    Seats seats() {
        return seats;
    }

    public CallerHash callerHash() {
        return callerHash;
    }

    Supervisor supervisor() {
        return supervisor;
    }

    Farewells farewells() {
        return farewells;
    }

    public Rates rates() {
        return rates;
    }

    Replays replays() {
        return replays;
    }

    /** When a client that is told this may come back. All streams of a drain are told together. */
    long retryMillis(CloseReason reason) {
        return reason.jitteredRetry(reason == CloseReason.DRAINING ? drained : 0);
    }

    /** How long a stream that opens now lives: in the last quarter of what is allowed, anywhere. */
    long lifetimeNanos() {
        long most = options.limits().lifetime().toNanos();
        return most - ThreadLocalRandom.current().nextLong(1 + most / 4);
    }

    EndpointOptions options() {
        return options;
    }

    StreamMeters meters() {
        return meters;
    }

    void add(SseConnection stream) {
        open.add(stream);
        if (draining) {
            stream.close(CloseReason.DRAINING);
        }
    }

    void remove(SseConnection stream, CloseReason reason) {
        if (open.contains(stream)) {
            meters.closed(reason);
            open.remove(stream);
        }
        if (draining && open.isEmpty()) {
            synchronized (emptied) {
                emptied.notifyAll();
            }
        }
    }

    private void tick() {
        long now = System.nanoTime();
        for (SseConnection stream : open) {
            supervisor.guard("stream", () -> stream.tick(now));
        }
        replays.tick();
        rates.tick();
    }

    private static Duration shortestDeadline(EndpointOptions options) {
        return options.heartbeat().compareTo(options.writeDeadline()) < 0
                ? options.heartbeat()
                : options.writeDeadline();
    }
}
