package dev.realtime.transport.redis.internal.tail;

import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.redis.internal.connect.Backoff;
import dev.realtime.transport.redis.internal.connect.Connector;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.runtime.Supervisor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loop on the thread {@code realtime-redis-tail}: connects, serves the session until it is lost, and connects
 * again. It is the only one to call the sink.
 */
public final class Tail {
    private final Connector connector;
    private final Interest interest;
    private final StatusBoard board;
    private final String prefix;
    private final Supervisor supervisor;

    // Written by the loop, read by any thread.
    private volatile @Nullable Session current;

    // The loop's.
    private final Map<String, Followed> followed = new LinkedHashMap<>();
    private final Backoff backoff = new Backoff();

    public Tail(Connector connector, Interest interest, StatusBoard board, String prefix, Supervisor supervisor) {
        this.supervisor = supervisor;
        this.connector = connector;
        this.interest = interest;
        this.board = board;
        this.prefix = prefix;
    }

    /** The session that publications and reads use now. Thread-safe. */
    public Session session() {
        Session session = current;
        if (session == null) {
            String cause = board.status().cause();
            throw new TransportUnavailableException(cause == null ? "redis: not connected" : cause, null);
        }
        return session;
    }

    /** One session's life, and the pause behind it. Returns whether there is another one. */
    public boolean session(Feed feed) {
        if (!interest.isClosed()) {
            try (Session session = connector.open()) {
                serve(session, feed, backoff);
            } catch (TransportUnavailableException e) {
                board.down(String.valueOf(e.getMessage()));
            } catch (RuntimeException | Error e) {
                board.down("redis: unexpected " + e.getClass().getSimpleName());
                supervisor.failed("realtime-redis-tail", e);
            } finally {
                current = null;
            }
            interest.rest(backoff.next());
        }
        if (interest.isClosed()) {
            board.closed();
            return false;
        }
        return true;
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
                String refusal = feed.refusal();
                if (refusal != null) {
                    board.degraded(refusal);
                } else if (wakeups.hearing()) {
                    board.live(connector.address().hostAndPort());
                } else {
                    board.degraded(wakeups.cause());
                }
            }
        }
    }
}
