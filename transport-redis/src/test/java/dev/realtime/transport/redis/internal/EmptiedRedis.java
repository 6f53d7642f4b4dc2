package dev.realtime.transport.redis.internal;

import dev.realtime.transport.redis.RedisAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.ForgetfulBackend;
import dev.realtime.transport.testkit.servers.OwnRedis;
import java.util.Map;

/** A server that saves nothing. */
final class EmptiedRedis implements ForgetfulBackend {
    private final OwnRedis server = OwnRedis.started();

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        return new RedisAdapterProvider().create(Settings.of(Map.of("REDIS_URL", server.url())), context);
    }

    @Override
    public void loseEverything() {
        server.kill();
        server.start();
    }

    @Override
    public void keep() {
        try (Console console = new Console(server.url())) {
            console.redis().save();
        }
        server.snapshot();
    }

    @Override
    public void loseWhatCameSince() {
        server.kill();
        server.restore();
        server.start();
    }

    @Override
    public void close() {
        server.close();
    }
}
