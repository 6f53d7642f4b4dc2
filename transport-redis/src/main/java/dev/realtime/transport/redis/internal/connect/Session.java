package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.TransportUnavailableException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One stay with Redis: a connection to publish through and one to read through, so that a long replay holds nobody's
 * publication up. It ends when either is lost; the next stay is another session. Thread-safe, but for what is said.
 */
public final class Session implements AutoCloseable {
    private final RedisAddress address;
    private final StatefulRedisConnection<byte[], byte[]> publishing;
    private final StatefulRedisConnection<byte[], byte[]> reading;

    // Any thread.
    private volatile @Nullable Throwable refused;
    private volatile ServerRun run = ServerRun.UNKNOWN;

    private volatile Limits limits = Limits.UNKNOWN;
    private final ServerClock clock = new ServerClock();
    private final AtomicLong uploading = new AtomicLong();
    private final Progress readingProgress;

    // The thread that beats.
    private final List<Pulse> pulses;

    Session(
            RedisAddress address,
            StatefulRedisConnection<byte[], byte[]> publishing,
            Progress publishingProgress,
            StatefulRedisConnection<byte[], byte[]> reading,
            Progress readingProgress) {
        this.readingProgress = readingProgress;
        this.address = address;
        this.publishing = publishing;
        this.reading = reading;
        this.pulses = List.of(
                new Pulse(
                        () -> publishing.async().ping().toCompletableFuture(),
                        () -> Timing.forBytes(uploading.get()),
                        publishingProgress::heardNanos),
                new Pulse(
                        () -> reading.async().ping().toCompletableFuture(),
                        () -> Timing.COMMAND,
                        readingProgress::heardNanos));
    }

    public RedisAsyncCommands<byte[], byte[]> publishing() {
        return publishing.async();
    }

    public RedisAsyncCommands<byte[], byte[]> reading() {
        return reading.async();
    }

    /** The server's, by its answers. */
    public ServerClock clock() {
        return clock;
    }

    /** What the server takes at once. */
    public Limits limits() {
        return limits;
    }

    /** So many bytes are on their way through {@link #publishing}, until the answer is there. Bounds that. */
    public <T> CompletableFuture<T> uploading(long bytes, Supplier<CompletableFuture<T>> call) {
        Duration bound = Timing.forBytes(uploading.addAndGet(bytes));
        CompletableFuture<T> answer;
        try {
            answer = call.get();
        } catch (RuntimeException | Error e) {
            answer = CompletableFuture.failedFuture(e);
        }
        return answer.orTimeout(bound.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((said, failure) -> uploading.addAndGet(-bytes));
    }

    /**
     * Waits for an answer to what was asked through {@link #reading}. As long as something comes, it waits on.
     *
     * @throws TransportUnavailableException if none comes, or an error
     * @throws LogRefusedException if the server will not read the organisation's log
     */
    public <T> T await(Future<T> answer) {
        long last = System.nanoTime() + Timing.LONGEST_ANSWER.toNanos();
        long begun = System.nanoTime();
        while (true) {
            long since = Math.max(begun, readingProgress.heardNanos());
            long left = Math.min(since + Timing.COMMAND.toNanos(), last) - System.nanoTime();
            try {
                return await(address, answer, Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
            } catch (TransportUnavailableException e) {
                boolean comes = e.getCause() instanceof TimeoutException && readingProgress.heardNanos() > since;
                if (!comes || System.nanoTime() > last) {
                    throw Failures.logRefusal(e);
                }
            }
        }
    }

    /** Waits for an answer that comes on a connection for Pub/Sub. */
    public <T> T awaitWakeups(Future<T> answer) {
        return await(address, answer, Timing.COMMAND.multipliedBy(2).toMillis());
    }

    /** Waits for an answer to what was asked through {@link #publishing}, behind all that is on its way there. */
    public <T> T awaitPublishing(Future<T> answer) {
        return await(address, answer, Timing.forBytes(uploading.get()).toMillis());
    }

    public static <T> T await(RedisAddress address, Future<T> answer, long millis) {
        try {
            return answer.get(millis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw Failures.unavailable(address, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransportUnavailableException("redis: interrupted", e);
        }
    }

    /** Names a failed append. What shows that this is no longer the right server ends the session. */
    public RuntimeException failed(String orgId, Throwable failure) {
        if (Failures.isReplica(failure)) {
            refused = failure;
        }
        return Failures.publishing(address, orgId, failure);
    }

    /** Throws if the session has ended. */
    public void requireOpen() {
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
    public void beat() {
        try {
            pulses.forEach(Pulse::beat);
        } catch (CompletionException e) {
            throw Failures.unavailable(address, e);
        }
    }

    /** The run of the server that this session is with. */
    public ServerRun run() {
        return run;
    }

    /**
     * Asks which run of which server this is, what its clock says and what it takes at once. One that does not tell is
     * taken as it is.
     */
    void learn() {
        learnRun();
        List<byte[]> time = answerOr(List.of(), publishing.async().time());
        if (!time.isEmpty()) {
            clock.said(ServerClock.micros(time));
        }
        limits = new Limits(limit("proto-max-bulk-len"), limit("client-query-buffer-limit"));
    }

    private long limit(String name) {
        String said = answerOr(Map.of(), publishing.async().configGet(name)).getOrDefault(name, "");
        return said.matches("[1-9][0-9]{0,17}") ? Long.parseLong(said) : Long.MAX_VALUE;
    }

    private void learnRun() {
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
                && Reply.text(name).equals("slave")) {
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
    public static void closed(StatefulConnection<?, ?> connection) {
        connection
                .closeAsync()
                .completeOnTimeout(null, Timing.COMMAND.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }
}
