package dev.realtime.transport.redis.internal.tail;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.spi.DeliverySink;
import java.time.Clock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the adapter is: told to the sink and to the log when it changes. Written by one thread, read by any. */
public final class StatusBoard {
    private static final Logger LOG = LoggerFactory.getLogger("dev.realtime.transport.redis");

    private final Clock clock;
    private volatile TransportStatus status;
    private volatile @Nullable DeliverySink sink;

    public StatusBoard(Clock clock) {
        this.clock = clock;
        this.status = new TransportStatus(State.STARTING, null, clock.instant());
    }

    /** From now on this one is told. */
    public void tell(DeliverySink sink) {
        this.sink = sink;
    }

    public TransportStatus status() {
        return status;
    }

    void live(String where) {
        if (becomes(State.LIVE, null)) {
            LOG.info("redis: live at {}", where);
        }
    }

    void degraded(String cause) {
        if (becomes(State.DEGRADED, cause)) {
            LOG.warn("{}", cause);
        }
    }

    void down(String cause) {
        if (becomes(State.DOWN, cause)) {
            LOG.warn("{}; single-instance mode until it is back", cause);
        }
    }

    public void closed() {
        becomes(State.CLOSED, null);
    }

    /** Whether the state is another one now. */
    private boolean becomes(State state, @Nullable String cause) {
        TransportStatus before = status;
        boolean other = before.state() != state;
        if (other || !Objects.equals(before.cause(), cause)) {
            status = new TransportStatus(state, cause, other ? clock.instant() : before.since());
            DeliverySink told = sink;
            if (told != null) {
                told.status(status);
            }
        }
        return other;
    }
}
