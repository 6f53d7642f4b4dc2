package dev.realtime.system.equipment;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.Map;
import java.util.function.Function;

/** One test's keys on a real Redis. Gone when closed, if the server runs. Thread-safe. */
public final class RedisPrefix implements AutoCloseable {
    private final String url;
    private final String prefix;

    public RedisPrefix(String url, String prefix) {
        this.url = url;
        this.prefix = prefix;
    }

    /** The environment of a gateway on it. */
    public Map<String, String> settings() {
        return Map.of("REALTIME_TRANSPORT", "redis", "REDIS_URL", url, "REALTIME_KEY_PREFIX", prefix);
    }

    /** Events in this organisation's log. */
    public long logged(String organisation) {
        return ask(redis -> redis.xlen(prefix + ":{org:" + organisation + "}:stream"));
    }

    /** The offset of the oldest event that this organisation's log holds; 0 if it holds none. */
    public long oldest(String organisation) {
        return ask(redis ->
                redis.xrange(prefix + ":{org:" + organisation + "}:stream", Range.unbounded(), Limit.from(1)).stream()
                        .mapToLong(entry -> Long.parseLong(entry.getId().substring(2)))
                        .findFirst()
                        .orElse(0));
    }

    @Override
    public void close() {
        ask(redis -> {
            ScanIterator<String> keys = ScanIterator.scan(redis, ScanArgs.Builder.matches(prefix + ":*"));
            keys.forEachRemaining(redis::del);
            return 0;
        });
    }

    private <T> T ask(Function<RedisCommands<String, String>, T> question) {
        try (RedisClient client = RedisClient.create(RedisURI.create(url));
                StatefulRedisConnection<String, String> connection = client.connect()) {
            return question.apply(connection.sync());
        }
    }
}
