package dev.realtime.sse.internal.stream;

import dev.realtime.sse.Caller;
import dev.realtime.sse.internal.write.Batch;
import dev.realtime.sse.internal.write.Outlet;
import dev.realtime.sse.internal.write.StreamWriter;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.Subscription;
import dev.realtime.transport.event.Position;
import jakarta.servlet.AsyncContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One open stream: takes what waits in its subscription, writes it in one write, and holds no thread meanwhile. Signals,
 * ticks, closing and errors may come from any thread; {@link StreamState} says who may write.
 */
final class SseConnection implements Outlet.Listener {
    /** After so much the other streams have their turn. */
    private static final int TURN_BYTES = 32_768;

    private static final Duration OVERFLOWS_APART = Duration.ofSeconds(60);

    /** What a stream takes up. Called by any thread. */
    interface Place {
        /** The stream has ended. Once. */
        void ended();

        /** Nor is anything left of its connection. May be said more than once, or never. */
        default void gone() {}
    }

    // Set before the container is told of it, then constant.
    private final Streams streams;
    private final String instance;
    private final Function<Delivery.Received, byte[]> renderer;
    private final @Nullable Caller caller;
    private final @Nullable Instant expiresAt;
    private final Place place;
    private final long rotatesAt;
    private final StreamWriter writer;
    private final Runnable turn = this::turn;
    private Subscription subscription = NoSubscription.INSTANCE;
    private @Nullable Outlet outlet;

    // Shared by all threads.
    private final AtomicReference<StreamState> state = new AtomicReference<>(StreamState.STARTING);
    private final AtomicReference<@Nullable CloseReason> closing = new AtomicReference<>();
    private volatile long blockedSince;
    private volatile long lastWrite = System.nanoTime();
    private volatile boolean commentDue;
    /** Why it ended, where something of it is still held; it is among the streams until nothing is. */
    private volatile @Nullable CloseReason unclean;

    // Owned by the clock.
    private long lastMark = lastWrite;

    // Owned by the pump: by the thread that has set the state to RUNNING.
    private byte @Nullable [] held;
    private boolean live;
    private boolean farewellWritten;
    private long oldestLoggedAt;
    private @Nullable Long lastOverflow;
    /** The last that a frame carried. */
    private @Nullable Position told;

    /**
     * @param caller whose stream it is; null for one that is only told to come back later
     * @param place what it takes up
     */
    SseConnection(Streams streams, String instance, boolean named, @Nullable Caller caller, Place place) {
        this.streams = streams;
        this.writer = streams.writers().next();
        this.instance = instance;
        this.renderer = named ? Frames.NAMED : Frames.UNNAMED;
        this.caller = caller;
        this.expiresAt = caller == null ? null : caller.expiresAt();
        this.place = place;
        this.rotatesAt = System.nanoTime() + streams.lifetimeNanos();
    }

    /** The container calls {@link #onReady} as soon as it is ready. What keeps it from starting ends it. */
    void start(Supplier<Subscription> subscribing, Supplier<AsyncContext> async) throws IOException {
        boolean started = false;
        AsyncContext context = null;
        try {
            subscription = subscribing.get();
            context = async.get();
            Outlet outlet = streams.outlet(context, writer);
            this.outlet = outlet;
            streams.add(this);
            outlet.start(this);
            started = true;
        } finally {
            if (!started) {
                cut(CloseReason.GONE);
                if (context != null && outlet == null) { // nobody else knows of it
                    context.complete();
                }
            }
        }
    }

    /** Whose stream it is; null for one that is only told to come back later. */
    @Nullable
    Caller caller() {
        return caller;
    }

    /** Something waits. Cheap, never blocks. Whatever the state does not name here polls before it rests. */
    void signal() {
        while (true) {
            StreamState now = state.get();
            if (now == StreamState.IDLE) {
                if (state.compareAndSet(StreamState.IDLE, StreamState.SCHEDULED)) {
                    schedule();
                    return;
                }
            } else if (now != StreamState.RUNNING || state.compareAndSet(StreamState.RUNNING, StreamState.SIGNALLED)) {
                return;
            }
        }
    }

    /** Tells the client, then ends. The first reason counts. */
    void close(CloseReason reason) {
        if (closing.compareAndSet(null, reason)) {
            signal();
        }
    }

    /** Ends without a word, even under a write that nobody reads. */
    void cut(CloseReason reason) {
        end(reason, Outlet::abort);
    }

    /** By the shared clock: credential, age, write deadline, heartbeat. */
    void tick(long now) {
        CloseReason ended = unclean;
        if (ended != null) {
            cleanUp(ended);
            return;
        }
        if (state.get() == StreamState.BLOCKED
                && now - blockedSince > streams.options().writeDeadline().toNanos()) {
            cut(CloseReason.SLOW);
            return;
        }
        if (expiresAt != null && !Instant.now().isBefore(expiresAt)) {
            close(CloseReason.EXPIRED);
        } else if (now - rotatesAt >= 0) {
            close(CloseReason.ROTATED);
        }
        long heartbeat = streams.options().heartbeat().toNanos();
        if (now - lastWrite >= heartbeat && now - lastMark >= heartbeat) {
            lastMark = now;
            if (!subscription.mark()) {
                comment();
            }
        }
    }

    /** Shows the client that it has a stream. */
    void comment() {
        commentDue = true;
        signal();
    }

    @Override
    public void onReady() {
        if (state.compareAndSet(StreamState.BLOCKED, StreamState.SCHEDULED)
                || state.compareAndSet(StreamState.STARTING, StreamState.SCHEDULED)) {
            schedule();
        }
    }

    private void schedule() {
        boolean scheduled = false;
        try {
            scheduled = writer.schedule(turn);
        } finally {
            if (!scheduled) { // or the heap is full: better ended than silent
                end(CloseReason.GONE);
            }
        }
    }

    /** By its writer. */
    private void turn() {
        if (state.compareAndSet(StreamState.SCHEDULED, StreamState.RUNNING)) {
            pump();
        }
    }

    /** Writes until nothing waits, the container takes no more, it has had its share, or it is over. */
    private void pump() {
        Outlet out = outlet;
        if (out == null) {
            return;
        }
        try {
            int written = 0;
            while (written < TURN_BYTES) {
                if (!ready(out)) {
                    return;
                }
                Batch batch = farewellWritten ? Batch.NONE : nextBatch();
                if (!batch.isEmpty()) {
                    written += batch.size();
                    write(out, batch);
                } else if (out.unflushed()) {
                    out.flush();
                } else if (farewellWritten) {
                    end(reason());
                } else if (state.compareAndSet(StreamState.RUNNING, StreamState.IDLE)) {
                    return;
                } else {
                    state.compareAndSet(StreamState.SIGNALLED, StreamState.RUNNING);
                }
            }
            if (state.compareAndSet(StreamState.RUNNING, StreamState.SCHEDULED)
                    || state.compareAndSet(StreamState.SIGNALLED, StreamState.SCHEDULED)) {
                schedule();
            }
        } catch (Throwable e) {
            if (end(CloseReason.GONE) && !(e instanceof IOException)) {
                streams.supervisor().failed("stream", e);
            }
        }
    }

    /** BLOCKED comes before the question: a "no" has the container call back at once, maybe before it returns. */
    private boolean ready(Outlet out) {
        blockedSince = System.nanoTime();
        return (state.compareAndSet(StreamState.RUNNING, StreamState.BLOCKED)
                        || state.compareAndSet(StreamState.SIGNALLED, StreamState.BLOCKED))
                && out.isReady()
                && state.compareAndSet(StreamState.BLOCKED, StreamState.RUNNING);
    }

    private void write(Outlet out, Batch batch) throws IOException {
        long loggedAt = oldestLoggedAt;
        oldestLoggedAt = 0;
        out.write(batch);
        lastWrite = System.nanoTime();
        if (loggedAt > 0) {
            streams.meters().written(loggedAt);
        }
    }

    private Batch nextBatch() {
        CloseReason reason = closing.get();
        if (reason != null) {
            farewellWritten = true;
            return Batch.of(Frames.close(reason, streams.retryMillis(reason)));
        }
        if (commentDue) {
            commentDue = false;
            return Batch.of(Batch.comment());
        }
        return gather(writer.frames());
    }

    /** The list is all streams' of this writer: nothing may stay in it. */
    private Batch gather(List<byte[]> frames) {
        int size = 0;
        for (byte[] next = held != null ? held : nextFrame(); next != null; next = nextFrame()) {
            held = null;
            if (size > 0 && size + next.length > Batch.MAX_WRITE_BYTES) {
                held = next;
                break;
            }
            frames.add(next);
            size += next.length;
        }
        return writer.batches().of(frames, size);
    }

    private byte @Nullable [] nextFrame() {
        Delivery delivery = subscription.poll();
        if (delivery instanceof Delivery.Received received) {
            if (live && oldestLoggedAt == 0) {
                oldestLoggedAt = received.loggedAtMicros();
            }
            return rendered(received);
        } else if (delivery instanceof Delivery.Reached reached) {
            return reached(reached);
        } else if (delivery instanceof Delivery.Opened opened) {
            told = opened.start();
            String shown = caller == null ? null : streams.callerHash().of(caller);
            return Frames.opened(opened, instance, streams.options().retry().toMillis(), shown);
        } else if (delivery instanceof Delivery.Live) {
            live = true;
            return Frames.live();
        } else if (delivery instanceof Delivery.Gap gap) {
            return overflowsAgain(gap) ? null : Frames.gap(gap);
        } else if (delivery instanceof Delivery.Ended) {
            close(CloseReason.DRAINING);
        }
        return null;
    }

    /** What cannot be written as a frame is told as a gap, or its client would come back to it for ever. */
    private byte[] rendered(Delivery.Received received) {
        try {
            byte[] frame = received.renderedBy(renderer);
            told = received.provisional() ? told : received.position();
            return frame;
        } catch (RuntimeException e) {
            Position position = received.position();
            if (position == null) {
                throw e;
            }
            streams.supervisor().failed("encoder", e);
            return Frames.gap(new Delivery.Gap(GapReason.OVERFLOW, null, null, position));
        }
    }

    /** A position that the client has already says no more than a comment. */
    private byte[] reached(Delivery.Reached reached) {
        if (reached.position().equals(told)) {
            return Batch.comment();
        }
        told = reached.position();
        return Frames.reached(reached);
    }

    /** A client that stays behind is told to come back instead: its cursor still stands before the gap. */
    private boolean overflowsAgain(Delivery.Gap gap) {
        if (gap.reason() != GapReason.OVERFLOW) {
            return false;
        }
        long now = System.nanoTime();
        boolean again = lastOverflow != null && now - lastOverflow < OVERFLOWS_APART.toNanos();
        lastOverflow = now;
        if (again) {
            close(CloseReason.SLOW);
        }
        return again;
    }

    private CloseReason reason() {
        CloseReason reason = closing.get();
        return reason == null ? CloseReason.GONE : reason;
    }

    private boolean end(CloseReason reason) {
        return end(reason, Outlet::complete);
    }

    /** Whoever comes first cleans up: everything, whatever one step may throw. */
    private boolean end(CloseReason reason, Consumer<Outlet> last) {
        if (state.getAndSet(StreamState.ENDED) == StreamState.ENDED) {
            return false;
        }
        try {
            cleanUp(reason); // first: a client that sees its end may come back at once, and finds its seat
        } finally {
            Outlet out = outlet;
            if (out != null && !guard(() -> last.accept(out))) {
                guard(out::abort);
            }
        }
        return true;
    }

    /** What it held is given back, each whatever became of the other; what could not be is tried again by the clock. */
    private void cleanUp(CloseReason reason) {
        boolean clean = false;
        try {
            boolean closed = guard(subscription::close);
            boolean gaveBack = guard(place::ended);
            clean = closed && gaveBack && guard(() -> streams.remove(this, reason));
        } finally {
            unclean = clean ? null : reason;
        }
    }

    private boolean guard(Runnable step) {
        return streams.supervisor().guard("stream", step);
    }

    @Override
    public void onGone() {
        end(CloseReason.GONE);
        place.gone();
    }
}
