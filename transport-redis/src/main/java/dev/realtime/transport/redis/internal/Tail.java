package dev.realtime.transport.redis.internal;

import dev.realtime.transport.TransportUnavailableException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loop on the thread {@code realtime-redis-tail}: connects, serves the session until it is lost, and connects
 * again. It is the only one to call the sink.
 */
final class Tail {
    private static final Logger LOG = LoggerFactory.getLogger("dev.realtime.transport.redis");

    private final Connector connector;
    private final Interest interest;
    private final StatusBoard board;
    private final String prefix;

    // Written by the loop, read by any thread.
    private volatile @Nullable Session current;

    // The loop's.
    private final Map<String, Followed> followed = new LinkedHashMap<>();

    Tail(Connector connector, Interest interest, StatusBoard board, String prefix) {
        this.connector = connector;
        this.interest = interest;
        this.board = board;
        this.prefix = prefix;
    }

    /** The session that publications and reads use now. Thread-safe. */
    Session session() {
        Session session = current;
        if (session == null) {
            String cause = board.status().cause();
            throw new TransportUnavailableException(cause == null ? "redis: not connected" : cause, null);
        }
        return session;
    }

    /** Until the interest is closed. */
    void run(Feed feed) {
        Backoff backoff = new Backoff();
        while (!interest.isClosed()) {
            try (Session session = connector.open()) {
                serve(session, feed, backoff);
            } catch (TransportUnavailableException e) {
                board.down(String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                LOG.error("redis: the tail failed and starts again", e);
                board.down("redis: unexpected " + e.getClass().getSimpleName());
            } finally {
                current = null;
            }
            interest.rest(backoff.next());
        }
        board.closed();
    }

    private void serve(Session session, Feed feed, Backoff backoff) {
        current = session;
        try (Wakeups wakeups = new Wakeups(connector, prefix, interest)) {
            wakeups.await(session);
            Round round = new Round(session, wakeups, interest, feed, followed);
            round.begin();
            while (round.next()) {
                if (!round.caughtUp()) {
                    continue;
                }
                backoff.reset();
                if (wakeups.hearing()) {
                    board.live(connector.address().hostAndPort());
                } else {
                    board.degraded(wakeups.cause());
                }
            }
        }
    }
}
