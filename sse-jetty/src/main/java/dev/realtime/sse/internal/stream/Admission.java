package dev.realtime.sse.internal.stream;

import dev.realtime.sse.internal.http.EndListener;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What a stream takes before it begins: given to the stream, or given back, whichever comes first. A client may leave
 * while its ticket is redeemed, which as a listener this hears of. Thread-safe.
 */
final class Admission implements EndListener {
    private final Seats.Seat seat;
    private final Replays.@Nullable Place place;
    private final AtomicBoolean decided = new AtomicBoolean();

    /** @param place null where nothing is replayed */
    Admission(Seats.Seat seat, Replays.@Nullable Place place) {
        this.seat = seat;
        this.place = place;
    }

    Seats.Seat seat() {
        return seat;
    }

    Replays.@Nullable Place place() {
        return place;
    }

    /** For the stream, which gives back what it holds when it ends. False if everything has been given back already. */
    boolean claim() {
        return decided.compareAndSet(false, true);
    }

    /** Gives everything back, unless a stream has it. Whether it was this call that did. */
    boolean leave() {
        if (!claim()) {
            return false;
        }
        try {
            seat.release();
        } finally {
            if (place != null) {
                place.close();
            }
        }
        return true;
    }

    @Override
    public void onEnd() {
        leave();
    }
}
