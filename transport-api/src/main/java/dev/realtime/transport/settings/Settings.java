package dev.realtime.transport.settings;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.event.FieldRules;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The settings a process was started with: environment keys and their values. Immutable. Every getter that finds a
 * value out of range throws a {@link SettingsException} that names key, value and range; nothing is corrected silently.
 */
public final class Settings {
    /** Which transport. */
    public static final SettingKey TRANSPORT = SettingKey.plain("REALTIME_TRANSPORT");
    /** The older name of {@link #TRANSPORT}. */
    public static final SettingKey BACKEND = SettingKey.plain("REALTIME_BACKEND");
    /** Begins every name at the backend, so that several applications share one server. */
    public static final SettingKey KEY_PREFIX = SettingKey.plain("REALTIME_KEY_PREFIX");
    /** How long an event stays replayable, in seconds. */
    public static final SettingKey REPLAY_WINDOW = SettingKey.plain("REALTIME_REPLAY_WINDOW_SECONDS");
    /** Largest payload, in bytes. */
    public static final SettingKey MAX_PAYLOAD = SettingKey.plain("REALTIME_MAX_PAYLOAD_BYTES");
    /** What {@link PubSub#publish} does when there is no room: {@code refuse} or {@code wait}. */
    public static final SettingKey WHEN_FULL = SettingKey.plain("REALTIME_WHEN_FULL");
    /** How long it waits then, in seconds. */
    public static final SettingKey WHEN_FULL_WAIT = SettingKey.plain("REALTIME_WHEN_FULL_WAIT_SECONDS");
    /** A folder of jars with further adapters. */
    public static final SettingKey PLUGINS_DIR = SettingKey.plain("REALTIME_PLUGINS_DIR");

    /** The keys the front door itself reads. */
    public static final Set<SettingKey> CORE =
            Set.of(TRANSPORT, BACKEND, KEY_PREFIX, REPLAY_WINDOW, MAX_PAYLOAD, WHEN_FULL, WHEN_FULL_WAIT, PLUGINS_DIR);

    private static final Pattern PREFIX = Pattern.compile("[a-z][a-z0-9_]{0,39}");

    private final Map<String, String> values;

    private Settings(Map<String, String> values) {
        this.values = values;
    }

    /** These values; empty ones count as unset. */
    public static Settings of(Map<String, String> values) {
        Map<String, String> set = new TreeMap<>(values);
        set.values().removeIf(String::isEmpty);
        return new Settings(Map.copyOf(set));
    }

    /** The environment of this process. */
    public static Settings fromEnvironment() {
        return of(System.getenv());
    }

    /**
     * Refuses every {@code REALTIME_…} key that is not among the known ones, and names the nearest that is. What an
     * orchestrator sets for a service of such a name, as {@code REALTIME_PORT=tcp://…}, is no key of anybody's.
     */
    public void requireKnown(Set<SettingKey> known) {
        Set<String> names = new TreeSet<>();
        known.forEach(key -> names.add(key.name()));
        for (String name : new TreeSet<>(values.keySet())) {
            if (name.startsWith("REALTIME_") && !names.contains(name) && !isSetForAService(name)) {
                String nearest = names.stream()
                        .filter(known2 -> known2.startsWith("REALTIME_"))
                        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
                        .orElse("REALTIME_TRANSPORT");
                throw new SettingsException(name, "is not a known setting; the nearest one is " + nearest);
            }
        }
    }

    private boolean isSetForAService(String name) {
        return ServiceVariable.is(name, values.getOrDefault(name, "")) || isOfLinkedContainer(name);
    }

    /** Docker repeats a linked container's own environment: {@code REALTIME_ENV_LANG} beside {@code REALTIME_NAME}. */
    private boolean isOfLinkedContainer(String name) {
        int at = name.indexOf("_ENV_");
        String link = at < 0 ? "" : name.substring(0, at) + "_NAME";
        return ServiceVariable.is(link, values.getOrDefault(link, ""));
    }

    /** The value, or null if unset. A secret one is known to {@link Secrets} from then on. */
    public @Nullable String get(SettingKey key) {
        String value = values.get(key.name());
        if (value != null && key.secret()) {
            Secrets.keep(value);
        } else {
            Secrets.keepOpen(value);
        }
        return value;
    }

    public String get(SettingKey key, String whenUnset) {
        String value = get(key);
        return value == null ? whenUnset : value;
    }

    /** The value. Throws if unset. */
    public String require(SettingKey key, String why) {
        String value = get(key);
        if (value == null) {
            throw new SettingsException(key.name(), "is not set; " + why);
        }
        return value;
    }

    /** A whole number within bounds. */
    public int integer(SettingKey key, int whenUnset, int least, int most) {
        String value = get(key);
        if (value == null) {
            return whenUnset;
        }
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // said below
        }
        throw refused(key, "it is a whole number from " + least + " to " + most);
    }

    /** {@code true} or {@code false}. */
    public boolean flag(SettingKey key, boolean whenUnset) {
        String value = get(key);
        if (value == null) {
            return whenUnset;
        }
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refused(key, "it is true or false");
        };
    }

    /** The chosen transport's name. */
    public String transport() {
        String transport = get(TRANSPORT);
        String backend = get(BACKEND);
        if (transport != null && backend != null && !transport.equals(backend)) {
            throw new SettingsException(
                    TRANSPORT.name(),
                    "is '" + transport + "' but " + BACKEND.name() + " is '" + backend
                            + "'; they mean the same: set one of them");
        }
        return transport != null ? transport : backend != null ? backend : "memory";
    }

    public String keyPrefix() {
        String prefix = get(KEY_PREFIX, "realtime");
        if (!PREFIX.matcher(prefix).matches()) {
            throw refused(KEY_PREFIX, "it is 1 to 40 of a-z 0-9 _, the first a letter");
        }
        return prefix;
    }

    /** How long an event stays replayable: 1 s to 30 days, 600 s unless set. */
    public Duration replayWindow() {
        return Duration.ofSeconds(integer(REPLAY_WINDOW, 600, 1, 2_592_000));
    }

    /** Largest payload in bytes: 1 KiB to 16 MiB, 1 MiB unless set. */
    public int maxPayloadBytes() {
        return integer(MAX_PAYLOAD, 1_048_576, 1_024, 16_777_216);
    }

    /** How long a publisher waits for room: zero, unless it is to wait; then 1 to 300 s, 10 s unless set. */
    public Duration patienceWhenFull() {
        int seconds = integer(WHEN_FULL_WAIT, 10, 1, 300);
        return switch (get(WHEN_FULL, "refuse")) {
            case "wait" -> Duration.ofSeconds(seconds);
            case "refuse" -> {
                if (get(WHEN_FULL_WAIT) != null) {
                    throw new SettingsException(
                            WHEN_FULL_WAIT.name(), "is set, but without " + WHEN_FULL.name() + "=wait nobody waits");
                }
                yield Duration.ZERO;
            }
            default -> throw refused(WHEN_FULL, "it is refuse or wait");
        };
    }

    /** An error about a key's value: shows the value (masked if it is a secret) and the rule. */
    public SettingsException refused(SettingKey key, String rule) {
        String value = get(key);
        String shown = value != null && key.secret() ? "the value" : FieldRules.shown(value);
        return new SettingsException(key.name(), shown + " is not allowed; " + rule);
    }

    /** Names only: values may be secrets. */
    @Override
    public String toString() {
        return "Settings" + new TreeSet<>(values.keySet());
    }

    /** Levenshtein's. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
