package dev.realtime.transport.redis.internal.tail;

import dev.realtime.transport.redis.internal.connect.Backoff;
import dev.realtime.transport.redis.internal.connect.Connector;
import dev.realtime.transport.redis.internal.connect.Failures;
import dev.realtime.transport.redis.internal.connect.Pulse;
import dev.realtime.transport.redis.internal.connect.Session;
import dev.realtime.transport.redis.internal.connect.Timing;
import dev.realtime.transport.redis.internal.log.OrgKeys;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The Pub/Sub connection of a session. Redis cuts a slow one off without a word, so it may be lost while the session
 * lives: events then flow by polling, and this opens the next one.
 *
 * <pre>
 * Opening ──connected──▶ Hearing ──lost──▶ Silent ──time is up──▶ Opening
 *    └───────failed───────────────────────▶ Silent
 * </pre>
 *
 * For the thread of {@link Tail} only.
 */
final class Wakeups implements AutoCloseable {
    private final Connector connector;
    private final String prefix;
    private final Interest interest;
    private final Backoff backoff = new Backoff();
    private State state;

    private sealed interface State {}

    private record Opening(CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> connecting)
            implements State {}

    private record Hearing(StatefulRedisPubSubConnection<byte[], byte[]> connection, Pulse pulse) implements State {}

    private record Silent(long untilNanos, String cause) implements State {}

    /** Begins to connect. */
    Wakeups(Connector connector, String prefix, Interest interest) {
        this.connector = connector;
        this.prefix = prefix;
        this.interest = interest;
        this.state = new Opening(connector.listen());
    }

    boolean hearing() {
        return state instanceof Hearing;
    }

    /** Why it hears nothing. */
    String cause() {
        String why = state instanceof Silent silent ? silent.cause() : "connecting";
        return "redis: no wake-ups from " + connector.address().hostAndPort() + " (" + why
                + "); events flow by polling";
    }

    /** Waits until the connection is there or has failed. For a bounded time. */
    void await(Session session) {
        if (state instanceof Opening opening) {
            session.awaitWakeups(opening.connecting().handle((connection, failure) -> true));
            step(false);
        }
    }

    /**
     * Moves on: notices a loss, reconnects. Never blocks.
     *
     * @param beat whether a heartbeat is due
     * @return whether it has just begun to hear
     */
    boolean step(boolean beat) {
        boolean heardBefore = hearing();
        if (state instanceof Opening opening && opening.connecting().isDone()) {
            state = opened(opening);
        } else if (state instanceof Hearing hearing) {
            state = checked(hearing, beat);
        } else if (state instanceof Silent silent && System.nanoTime() - silent.untilNanos() >= 0) {
            state = new Opening(connector.listen());
        }
        return !heardBefore && hearing();
    }

    /** Hears of these from now on, committed, if it hears at all. */
    void subscribe(Session session, Collection<String> organisations) {
        if (state instanceof Hearing hearing && !organisations.isEmpty()) {
            try {
                session.awaitWakeups(hearing.connection().async().subscribe(channels(organisations)));
            } catch (RuntimeException e) {
                state = lost(hearing, e);
            }
        }
    }

    /** Forgets these. Never blocks. */
    void unsubscribe(Collection<String> organisations) {
        if (state instanceof Hearing hearing && !organisations.isEmpty()) {
            hearing.connection().async().unsubscribe(channels(organisations));
        }
    }

    @Override
    public void close() {
        if (state instanceof Hearing hearing) {
            Session.closed(hearing.connection());
        } else if (state instanceof Opening opening) {
            opening.connecting().thenAccept(StatefulRedisPubSubConnection::closeAsync);
        }
    }

    private State opened(Opening opening) {
        try {
            StatefulRedisPubSubConnection<byte[], byte[]> connection =
                    opening.connecting().join();
            connection.addListener(new RedisPubSubAdapter<byte[], byte[]>() {
                @Override
                public void message(byte[] channel, byte[] ignored) {
                    interest.wake(OrgKeys.organisationOf(prefix, channel));
                }
            });
            backoff.reset();
            return new Hearing(
                    connection,
                    new Pulse(
                            () -> connection.async().ping().toCompletableFuture(),
                            () -> Timing.COMMAND,
                            connector::heardNanos));
        } catch (CompletionException e) {
            return silent(e);
        }
    }

    private State checked(Hearing hearing, boolean beat) {
        if (!hearing.connection().isOpen()) {
            return lost(hearing, new IllegalStateException("closed"));
        }
        try {
            if (beat) {
                hearing.pulse().beat();
            }
            return hearing;
        } catch (CompletionException e) {
            return lost(hearing, e);
        }
    }

    private State lost(Hearing hearing, Exception failure) {
        Session.closed(hearing.connection());
        return silent(failure);
    }

    private State silent(Exception failure) {
        return new Silent(System.nanoTime() + backoff.next().toNanos(), Failures.reason(failure));
    }

    private byte[][] channels(Collection<String> organisations) {
        return organisations.stream()
                .map(orgId -> OrgKeys.of(prefix, orgId).channel())
                .toArray(byte[][]::new);
    }
}
