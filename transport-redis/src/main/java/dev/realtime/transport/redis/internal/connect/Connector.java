package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.redis.internal.tail.Tail;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Opens connections. Lettuce never reconnects by itself here: {@link Tail} decides that. Thread-safe. */
public final class Connector implements AutoCloseable {
    private static final int THREADS = 2;

    private final RedisAddress address;
    private final RedisURI uri;
    private final Runnable onLost;
    private final ClientResources resources;
    private final Kind publishing;
    private final Kind reading;
    private final Kind listening;

    /** What makes the connections of one kind, and when something last came in on them. */
    private record Kind(ClientResources resources, RedisClient client, Progress progress) {
        static Kind of(ClientResources shared) {
            Progress progress = new Progress();
            ClientResources resources =
                    shared.mutate().nettyCustomizer(progress).build();
            RedisClient client = RedisClient.create(resources);
            client.setOptions(options());
            return new Kind(resources, client, progress);
        }

        void close() {
            client.shutdown(0, Timing.CLOSE.toMillis(), TimeUnit.MILLISECONDS);
            closed(resources); // only what is not shared
        }
    }

    /** @param onLost called whenever a connection is lost, on a thread of Netty: only note it and return */
    public Connector(RedisAddress address, String instance, Runnable onLost) {
        this.address = address;
        this.uri = uri(address, "realtime:" + instance.replaceAll("[^!-~]", "_"));
        this.onLost = onLost;
        this.resources = DefaultClientResources.builder()
                .ioThreadPoolSize(THREADS)
                .computationThreadPoolSize(THREADS)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .build();
        this.publishing = Kind.of(resources);
        this.reading = Kind.of(resources);
        this.listening = Kind.of(resources);
    }

    public RedisAddress address() {
        return address;
    }

    /**
     * Connects. Blocks for a bounded time.
     *
     * @throws dev.realtime.transport.TransportUnavailableException if that fails
     */
    public Session open() {
        StatefulRedisConnection<byte[], byte[]> toPublish = connected(publishing);
        StatefulRedisConnection<byte[], byte[]> toRead;
        try {
            toRead = connected(reading);
        } catch (RuntimeException e) {
            Session.closed(toPublish);
            throw e;
        }
        Session session = new Session(address, toPublish, publishing.progress(), toRead, reading.progress());
        try {
            session.requirePrimary();
            session.learn();
            return session;
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** Opens a connection for Pub/Sub. */
    public CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> listen() {
        return listening
                .client()
                .connectPubSubAsync(ByteArrayCodec.INSTANCE, uri)
                .toCompletableFuture()
                .thenApply(this::watched);
    }

    /** When something last came in on a connection for Pub/Sub. */
    public long heardNanos() {
        return listening.progress().heardNanos();
    }

    @Override
    public void close() {
        List.of(publishing, reading, listening).forEach(Kind::close);
        closed(resources);
    }

    private static void closed(ClientResources resources) {
        resources
                .shutdown(0, Timing.CLOSE.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(Timing.CLOSE.toMillis());
    }

    private StatefulRedisConnection<byte[], byte[]> connected(Kind kind) {
        CompletableFuture<StatefulRedisConnection<byte[], byte[]>> connecting =
                kind.client().connectAsync(ByteArrayCodec.INSTANCE, uri).toCompletableFuture();
        try {
            return watched(Session.await(
                    address, connecting, Timing.COMMAND.multipliedBy(2).toMillis()));
        } catch (RuntimeException e) {
            connecting.thenAccept(StatefulConnection::closeAsync);
            throw e.getCause() instanceof TimeoutException late ? Failures.notConnected(address, late) : e;
        }
    }

    private <C extends StatefulConnection<byte[], byte[]>> C watched(C connection) {
        connection.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> lost) {
                onLost.run();
            }
        });
        return connection;
    }

    private static RedisURI uri(RedisAddress address, String clientName) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(address.host())
                .withPort(address.port())
                .withSsl(address.tls())
                .withDatabase(address.database())
                .withClientName(clientName)
                .withTimeout(Timing.COMMAND);
        if (address.password() != null) {
            char[] password = address.password().toCharArray();
            if (address.user() == null) {
                uri.withPassword(password);
            } else {
                uri.withAuthentication(address.user(), password);
            }
        }
        return uri.build();
    }

    private static ClientOptions options() {
        return ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                // A bound that counts the upload cuts off what is only large: Session and Pulse keep the time.
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .sslOptions(
                        SslOptions.builder().handshakeTimeout(Timing.COMMAND).build())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(Timing.COMMAND)
                        .keepAlive(true)
                        .tcpNoDelay(true)
                        .build())
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .build();
    }
}
