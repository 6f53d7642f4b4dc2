package dev.realtime.transport.postgres;

import dev.realtime.transport.postgres.internal.PostgresAdapter;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.Set;

/** The transport {@code postgres}: a log in a schema of its own, LISTEN/NOTIFY as the wake-up. */
public final class PostgresAdapterProvider implements PubSubAdapterProvider {
    @Override
    public String name() {
        return "postgres";
    }

    @Override
    public Set<SettingKey> settings() {
        return PostgresSettings.KEYS;
    }

    @Override
    public PubSubAdapter create(Settings settings, AdapterContext context) {
        return new PostgresAdapter(PostgresSettings.from(settings, context), context.supervisor());
    }
}
