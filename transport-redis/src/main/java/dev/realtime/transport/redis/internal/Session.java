package dev.realtime.transport.redis.internal;

import dev.realtime.transport.TransportUnavailableException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One stay with Redis: a connection to publish through and one to read through, so that a long replay holds nobody's
 * publication up. It ends when either is lost; the next stay is another session. Thread-safe, but for what is said.
 */
final class Session implements AutoCloseable {
    private final RedisAddress address;
    private final StatefulRedisConnection<byte[], byte[]> publishing;
    private final StatefulRedisConnection<byte[], byte[]> reading;

    // Any thread.
    private volatile @Nullable Throwable refused;
    private volatile ServerRun run = ServerRun.UNKNOWN;

    // The thread that beats.
    private final List<Pulse> pulses;

    Session(
            RedisAddress address,
            StatefulRedisConnection<byte[], byte[]> publishing,
            StatefulRedisConnection<byte[], byte[]> reading) {
        this.address = address;
        this.publishing = publishing;
        this.reading = reading;
        this.pulses = List.of(
                new Pulse(() -> publishing.async().ping().toCompletableFuture()),
                new Pulse(() -> reading.async().ping().toCompletableFuture()));
    }

    RedisAsyncCommands<byte[], byte[]> publishing() {
        return publishing.async();
    }

    RedisAsyncCommands<byte[], byte[]> reading() {
        return reading.async();
    }

    /** Waits for an answer. Throws {@link TransportUnavailableException} if none comes, or an error. */
    <T> T await(Future<T> answer) {
        return await(address, answer, Timing.COMMAND.multipliedBy(2).toMillis());
    }

    static <T> T await(RedisAddress address, Future<T> answer, long millis) {
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw Failures.unavailable(address, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransportUnavailableException("redis: interrupted", e);
        }
    }

    /** Names a failed command. What shows that this is no longer the right server ends the session. */
    TransportUnavailableException failed(Throwable failure) {
        if (Failures.isReplica(failure)) {
            refused = failure;
        }
        return Failures.unavailable(address, failure);
    }

    /** Throws if the session has ended. */
    void requireOpen() {
        Throwable cause = refused;
        if (cause != null) {
            throw Failures.unavailable(address, cause);
        }
        if (!publishing.isOpen() || !reading.isOpen()) {
            throw new TransportUnavailableException(
                    "redis: cannot reach " + address.hostAndPort() + " (connection closed)", null);
        }
    }

    /** Throws if the last heartbeat was not answered; sends the next. From one thread only. */
    void beat() {
        try {
            pulses.forEach(Pulse::beat);
        } catch (CompletionException e) {
            throw Failures.unavailable(address, e);
        }
    }

    /** The run of the server that this session is with. */
    ServerRun run() {
        return run;
    }

    /** Asks which run of which server this is; one that does not tell is taken as it is. */
    void learnRun() {
        String asked = info(reading.async());
        if (!asked.isEmpty()
                && !ServerRun.of(asked, Map.of())
                        .id()
                        .equals(ServerRun.of(info(publishing.async()), Map.of()).id())) {
            throw new TransportUnavailableException(
                    "redis: two connections to " + address.hostAndPort() + " lead to two servers: a failover?", null);
        }
        Map<String, String> config = new HashMap<>();
        for (String name : List.of("appendonly", "appendfsync")) {
            config.putAll(answerOr(Map.of(), reading.async().configGet(name)));
        }
        run = ServerRun.of(asked, config);
    }

    private String info(RedisAsyncCommands<byte[], byte[]> redis) {
        return answerOr("", redis.info("server")) + answerOr("", redis.info("replication"));
    }

    /** The answer, or something else if the server refuses to give one. */
    private <T> T answerOr(T refusal, Future<T> answer) {
        try {
            return answer.get(Timing.COMMAND.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisCommandExecutionException) {
                return refusal;
            }
            throw Failures.unavailable(address, e);
        } catch (TimeoutException e) {
            throw Failures.unavailable(address, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransportUnavailableException("redis: interrupted", e);
        }
    }

    /** Throws if this server says that it is a replica; one that does not say is taken as it is. */
    void requirePrimary() {
        List<Object> role = answerOr(List.of(), reading.async().role());
        if (!role.isEmpty()
                && role.get(0) instanceof byte[] name
                && Entry.text(name).equals("slave")) {
            throw new TransportUnavailableException(
                    "redis: " + address.hostAndPort() + " is a replica; REDIS_URL must name the primary", null);
        }
    }

    /** Closes the sockets; never waits for the other side, which may be gone. */
    @Override
    public void close() {
        closed(publishing);
        closed(reading);
    }

    /** Closes a socket, and returns when Lettuce has forgotten it: it warns of connections closed twice. */
    static void closed(StatefulConnection<?, ?> connection) {
        connection
                .closeAsync()
                .completeOnTimeout(null, Timing.COMMAND.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }
}
