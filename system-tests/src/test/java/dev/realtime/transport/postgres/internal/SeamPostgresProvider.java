package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.postgres.internal.listen.Timing;
import dev.realtime.transport.postgres.internal.server.Warnings;
import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.Set;

/** The transport {@code postgres} in a hurry: its loops come round often, so that a case does not wait for them. */
public final class SeamPostgresProvider implements PubSubAdapterProvider {
    private static final int FASTER = 10;

    @Override
    public String name() {
        return "seam-postgres";
    }

    @Override
    public Set<SettingKey> settings() {
        return PostgresSettings.KEYS;
    }

    @Override
    public PubSubAdapter create(Settings settings, AdapterContext context) {
        return new PostgresAdapter(
                PostgresSettings.from(settings, context),
                Timing.STANDARD.faster(FASTER),
                Warnings.STANDARD,
                context.supervisor());
    }
}
