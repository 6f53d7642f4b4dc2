package dev.realtime.transport.redis.internal;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;

/** A test's own way to a server, past the adapter. */
final class Console implements AutoCloseable {
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    Console(String url) {
        client = RedisClient.create(RedisURI.create(url));
        connection = client.connect();
    }

    RedisCommands<String, String> redis() {
        return connection.sync();
    }

    List<String> keys(String pattern) {
        return redis().keys(pattern);
    }

    void delete(String key) {
        redis().del(key);
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
