package dev.realtime.transport.redis;

import dev.realtime.transport.redis.internal.RedisAdapter;
import dev.realtime.transport.redis.internal.connect.RedisAddress;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.Set;

/** Makes adapters for one Redis server, 5.0 or later. Thread-safe. */
public final class RedisAdapterProvider implements PubSubAdapterProvider {
    /** Where Redis is: {@code redis://} or {@code rediss://}, user, password, host, port, database number. */
    public static final SettingKey URL = SettingKey.secret("REDIS_URL");
    /** The password, apart from the URL. */
    public static final SettingKey TOKEN = SettingKey.secret("REDIS_TOKEN");

    @Override
    public String name() {
        return "redis";
    }

    @Override
    public Set<SettingKey> settings() {
        return Set.of(URL, TOKEN);
    }

    /** @throws SettingsException if the URL is not of the form above; the message shows no part of it */
    @Override
    public PubSubAdapter create(Settings settings, AdapterContext context) {
        RedisAddress address = RedisAddress.parse(settings.get(URL, RedisAddress.DEFAULT_URL), settings.get(TOKEN));
        return new RedisAdapter(address, context);
    }
}
