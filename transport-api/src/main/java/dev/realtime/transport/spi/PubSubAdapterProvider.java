package dev.realtime.transport.spi;

import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.util.Set;

/** Found by {@link java.util.ServiceLoader}; makes the adapters of one backend. Has a public no-argument constructor. */
public interface PubSubAdapterProvider {
    /** What {@code REALTIME_TRANSPORT} chooses it by: lower-case letters, digits and {@code -}. */
    String name();

    /** The keys it reads, beside the core's. */
    Set<SettingKey> settings();

    /**
     * Makes an adapter without connecting.
     *
     * @throws SettingsException if a setting cannot be used
     */
    PubSubAdapter create(Settings settings, AdapterContext context);
}
