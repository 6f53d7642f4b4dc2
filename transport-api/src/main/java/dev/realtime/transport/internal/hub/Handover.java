package dev.realtime.transport.internal.hub;

import dev.realtime.transport.Delivery.Received;
import dev.realtime.transport.event.Position;
import java.util.ArrayList;
import java.util.List;

/**
 * The lossless, duplicate-free switch from stored to live delivery, for one subscription. No I/O, no threads, no
 * clock; its caller guards it with one lock.
 *
 * <pre>
 * REPLAYING: pages are released, live events are buffered.
 *            A page that gets to the target, the position at which buffering began, releases the buffer too → LIVE.
 *            A buffer that runs full is thrown away: the log has its events, so the target moves to its end.
 * LIVE:      live events are released. A live stream that was left and begins again elsewhere, or events that could
 *            not be taken → REPLAYING.
 * </pre>
 *
 * <p>In both, what is not after {@link #reached} has been released before (a page may read further than the live
 * stream is) and is dropped. Only offsets are compared: epochs are the log's affair.
 */
final class Handover {
    /** Where a subscription is on its way. */
    enum Phase {
        REPLAYING,
        LIVE
    }

    private final long bufferLimit;
    private final List<Received> buffer = new ArrayList<>();

    private Phase phase;
    private Position reached;
    private Position target;
    private long bufferedBytes;

    private Handover(Phase phase, Position reached, Position target, long bufferLimit) {
        this.phase = phase;
        this.reached = reached;
        this.target = target;
        this.bufferLimit = bufferLimit;
    }

    /** Nothing to replay: live from this position on. */
    static Handover live(Position from, long bufferLimit) {
        return new Handover(Phase.LIVE, from, from, bufferLimit);
    }

    /**
     * @param after the cursor
     * @param target where the live stream is now: events after it will come through {@link #live(List, Position)}
     * @param bufferLimit most bytes of live events to hold meanwhile, about
     */
    static Handover replaying(Position after, Position target, long bufferLimit) {
        return new Handover(Phase.REPLAYING, after, target, bufferLimit);
    }

    Phase phase() {
        return phase;
    }

    /** Everything up to here has been released. */
    Position reached() {
        return reached;
    }

    /** Live events, in order; {@code through} is where the live stream is after them. Returns what to release. */
    List<Received> live(List<Received> events, Position through) {
        if (phase == Phase.LIVE) {
            List<Received> fresh = fresh(events);
            advance(through);
            return fresh;
        }
        for (Received event : events) {
            buffer.add(event);
            bufferedBytes += event.weight();
        }
        if (bufferedBytes > bufferLimit) {
            clearBuffer();
            target = through;
        }
        return List.of();
    }

    /** A page read after {@link #reached}. Returns what to release. */
    List<Received> page(List<Received> events, Position through) {
        List<Received> released = fresh(events);
        advance(through);
        return released;
    }

    /** Whether the pages have met the live stream, so that {@link #goLive} loses nothing. */
    boolean meetsLive() {
        return phase == Phase.REPLAYING && reached.offset() >= target.offset();
    }

    /** Ends the replay. Returns the buffered events to release. Only when {@link #meetsLive}. */
    List<Received> goLive() {
        if (!meetsLive()) {
            throw new IllegalStateException("reached " + reached + " but the live stream is at " + target);
        }
        List<Received> released = fresh(buffer);
        if (!buffer.isEmpty()) {
            advance(positionOf(buffer.get(buffer.size() - 1)));
        }
        clearBuffer();
        phase = Phase.LIVE;
        return released;
    }

    /** The replay met a gap in the log: it goes on from here. */
    void skipTo(Position position) {
        reached = position;
    }

    /** The live stream itself has jumped, forwards or (in another log) backwards; what was buffered is of no use. */
    void liveJumped(Position to) {
        clearBuffer();
        target = to;
        if (phase == Phase.LIVE) {
            reached = to;
        }
    }

    /**
     * The live stream was left and begins again: what it missed comes from the log.
     *
     * @param heard how far the live stream had come when it was left
     * @param to where it begins again
     */
    void rejoin(Position heard, Position to) {
        clearBuffer();
        target = to;
        if (phase == Phase.LIVE) {
            advance(heard);
            phase = Phase.REPLAYING;
        }
    }

    /**
     * Live events that {@link #live} released could not be taken: they come from the log again.
     *
     * @param got everything up to here was taken
     * @param to where the live stream is
     */
    void fallBehind(Position got, Position to) {
        reached = got;
        target = to;
        phase = Phase.REPLAYING;
    }

    /**
     * Live events were not taken, nobody knows how far: they come from the log again.
     *
     * @param got everything up to here was taken, if it was {@link Phase#LIVE}
     * @param to where the live stream is
     */
    void notTaken(Position got, Position to) {
        if (phase == Phase.LIVE) {
            fallBehind(got, to);
        } else {
            clearBuffer();
            target = to;
        }
    }

    /**
     * A page, or the switch to live after it, was not taken, nobody knows how far: it is read again.
     *
     * @param got everything up to here was taken
     */
    void pageNotTaken(Position got) {
        if (phase == Phase.LIVE) {
            target = reached;
            phase = Phase.REPLAYING;
        }
        reached = got;
    }

    private List<Received> fresh(List<Received> events) {
        if (events.isEmpty() || positionOf(events.get(0)).offset() > reached.offset()) {
            return List.copyOf(events);
        }
        return events.stream()
                .filter(event -> positionOf(event).offset() > reached.offset())
                .toList();
    }

    private void advance(Position to) {
        if (to.offset() >= reached.offset()) {
            reached = to;
        }
    }

    private void clearBuffer() {
        buffer.clear();
        bufferedBytes = 0;
    }

    private static Position positionOf(Received event) {
        Position position = event.position();
        if (position == null) {
            throw new IllegalArgumentException("a provisional copy is outside the order: " + event);
        }
        return position;
    }
}
