package dev.realtime.transport.postgres.equipment;

import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.RestartableBackend;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.util.Map;

/** A server of its own, stopped as a power cut would. */
public final class RestartablePostgresBackend implements RestartableBackend {
    private final OwnPostgres server = OwnPostgres.started();

    @Override
    public PubSubAdapter newAdapter(AdapterContext context) {
        return new PostgresAdapterProvider().create(Settings.of(Map.of("DATABASE_URL", server.url())), context);
    }

    @Override
    public void stop() {
        server.stop(OwnPostgres.Stop.IMMEDIATE);
    }

    @Override
    public void start() {
        server.start();
    }

    @Override
    public void close() {
        server.close();
    }
}
