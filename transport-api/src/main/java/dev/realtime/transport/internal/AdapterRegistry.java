package dev.realtime.transport.internal;

import dev.realtime.transport.settings.Secrets;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.PubSubAdapterProvider;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

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

    /** What to tell where a backend is configured and no transport is chosen. Empty if there is nothing to tell. */
    Optional<String> forgottenChoice(Settings settings) {
        if (settings.get(Settings.TRANSPORT) != null || settings.get(Settings.BACKEND) != null) {
            return Optional.empty();
        }
        Set<SettingKey> read = new HashSet<>(Settings.CORE);
        read.addAll(provider(settings.transport()).settings());
        Set<String> set = new TreeSet<>();
        Set<String> wanted = new TreeSet<>();
        for (PubSubAdapterProvider provider : providers.values()) {
            for (SettingKey key : provider.settings()) {
                if (settings.get(key) != null && !read.contains(key)) {
                    set.add(key.name());
                    wanted.add(provider.name());
                }
            }
        }
        return set.isEmpty()
                ? Optional.empty()
                : Optional.of(String.join(", ", set) + " is set, but " + Settings.TRANSPORT.name()
                        + " is not, so it is "
                        + settings.transport() + ": what is published here no other instance hears, and it is gone when"
                        + " this process ends; set it to " + String.join(" or ", wanted));
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
