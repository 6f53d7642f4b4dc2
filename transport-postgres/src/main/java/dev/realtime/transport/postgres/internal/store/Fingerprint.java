package dev.realtime.transport.postgres.internal.store;

import dev.realtime.transport.settings.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the instances on one store have to agree on, short enough for an application_name of 63 bytes. Nothing in it is
 * a secret.
 *
 * @param store the schema and its channel, as a hash
 * @param values what was configured, by key
 */
public record Fingerprint(String store, Map<String, String> values) {
    /** The program's own version among the values. */
    static final String PROGRAM = "the program's schema version";

    private static final Pattern TEXT = Pattern.compile("([0-9a-f]{6})\\.w([0-9]+)\\.p([0-9]+)\\.v([0-9]+)");

    public static Fingerprint of(PostgresSettings settings) {
        String store = settings.schema() + "\n" + settings.channel();
        return new Fingerprint(
                String.format("%06x", store.hashCode() & 0xffffff),
                values(
                        Long.toString(settings.replayWindow().toSeconds()),
                        Integer.toString(settings.maxPayloadBytes()),
                        Integer.toString(Schema.VERSION)));
    }

    /** What {@link #text} made, or null if it is something else. */
    public static @Nullable Fingerprint parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? new Fingerprint(matcher.group(1), values(matcher.group(2), matcher.group(3), matcher.group(4)))
                : null;
    }

    String text() {
        return store + ".w" + values.get(Settings.REPLAY_WINDOW.name()) + ".p" + values.get(Settings.MAX_PAYLOAD.name())
                + ".v" + values.get(PROGRAM);
    }

    private static Map<String, String> values(String window, String payload, String version) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put(Settings.REPLAY_WINDOW.name(), window);
        values.put(Settings.MAX_PAYLOAD.name(), payload);
        values.put(PROGRAM, version);
        return values;
    }
}
