package dev.realtime.transport.redis.internal;

import dev.realtime.transport.redis.RedisAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.TrimmableBackend;
import dev.realtime.transport.testkit.servers.TestRedis;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;

/** The shared server, seen through key prefixes. */
class RedisBackend implements TrimmableBackend {
    private final String url;
    private final Set<String> prefixes = new ConcurrentSkipListSet<>();

    RedisBackend() {
        this(TestRedis.shared().url());
    }

    RedisBackend(String url) {
        this.url = url;
    }

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        prefixes.add(context.keyPrefix());
        return new RedisAdapterProvider().create(Settings.of(Map.of("REDIS_URL", url)), context);
    }

    /** What the server does one window after the last append. */
    @Override
    public void expireAll() {
        delete(key -> !key.endsWith(":meta"));
    }

    @Override
    public void close() {
        delete(key -> true);
    }

    private void delete(Predicate<String> which) {
        try (Console console = new Console(TestRedis.shared().url())) {
            prefixes.forEach(
                    prefix -> console.keys(prefix + ":*").stream().filter(which).forEach(console::delete));
        }
    }
}
