package dev.realtime.transport.internal;

import dev.realtime.transport.Secrets;
import dev.realtime.transport.SettingKey;
import dev.realtime.transport.Settings;
import dev.realtime.transport.SettingsException;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.HashSet;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;

/** The transports there are: those on the class path and those in the plugins folder, by name. Immutable. */
final class AdapterRegistry {
    private final Map<String, PubSubAdapterProvider> providers = new TreeMap<>();
    private final String whereLooked;

    private AdapterRegistry(ClassLoader loader, String whereLooked) {
        this.whereLooked = whereLooked;
        try {
            for (PubSubAdapterProvider provider : ServiceLoader.load(PubSubAdapterProvider.class, loader)) {
                add(provider);
            }
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new SettingsException(
                    Settings.PLUGINS_DIR.name(), "a transport cannot be loaded: " + Secrets.messageOf(e));
        }
    }

    static AdapterRegistry find(Settings settings) {
        ClassLoader classPath = AdapterRegistry.class.getClassLoader();
        String folder = settings.get(Settings.PLUGINS_DIR);
        return folder == null
                ? new AdapterRegistry(classPath, "the class path; " + Settings.PLUGINS_DIR.name() + " is not set")
                : new AdapterRegistry(
                        PluginFolder.loader(folder, classPath),
                        "the class path and " + Settings.PLUGINS_DIR.name() + "=" + folder);
    }

    PubSubAdapterProvider provider(String name) {
        PubSubAdapterProvider provider = providers.get(name);
        if (provider == null) {
            throw new SettingsException(
                    Settings.TRANSPORT.name(),
                    "there is no transport '" + name + "'; there are " + providers.keySet() + ", looked in "
                            + whereLooked);
        }
        return provider;
    }

    /** All keys that somebody reads. */
    Set<SettingKey> knownSettings() {
        Set<SettingKey> known = new HashSet<>(Settings.CORE);
        providers.values().forEach(provider -> known.addAll(provider.settings()));
        return known;
    }

    private void add(PubSubAdapterProvider provider) {
        PubSubAdapterProvider twin = providers.putIfAbsent(provider.name(), provider);
        if (twin != null) {
            throw new SettingsException(
                    Settings.PLUGINS_DIR.name(),
                    "two transports are named '" + provider.name() + "': "
                            + twin.getClass().getName() + " and "
                            + provider.getClass().getName());
        }
    }
}
