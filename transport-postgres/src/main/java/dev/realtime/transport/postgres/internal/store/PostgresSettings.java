package dev.realtime.transport.postgres.internal.store;

import dev.realtime.transport.postgres.internal.connect.PostgresUrl;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.spi.AdapterContext;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the Postgres transport was told, checked.
 *
 * @param database for publishing and replay; may go through a pooler
 * @param direct for LISTEN and the tail: a connection of its own to the server
 * @param schema holds the log; lower case, needs no quoting beyond plain quotes
 * @param channel the NOTIFY channel
 * @param replayWindow how long events stay, for a log that is made now
 * @param maxPayloadBytes for events published by SQL, for a log that is made now
 * @param migrates whether the schema may be changed
 * @param instance names this process to the server
 */
public record PostgresSettings(
        PostgresUrl database,
        PostgresUrl direct,
        String schema,
        String channel,
        Duration replayWindow,
        int maxPayloadBytes,
        boolean migrates,
        String instance) {
    static final SettingKey DATABASE_URL = SettingKey.secret("DATABASE_URL");
    public static final SettingKey DATABASE_LISTEN_URL = SettingKey.secret("DATABASE_LISTEN_URL");
    static final SettingKey SCHEMA = SettingKey.plain("REALTIME_SCHEMA");
    static final SettingKey MIGRATE = SettingKey.plain("REALTIME_MIGRATE");

    /** All keys that this transport reads, beside the core's. */
    public static final Set<SettingKey> KEYS = Set.of(DATABASE_URL, DATABASE_LISTEN_URL, SCHEMA, MIGRATE);

    /** So much of the instance's name leaves room for the rest in the 63 bytes that the server keeps. */
    private static final int NAME_CHARACTERS = 20;

    private static final Pattern SCHEMA_NAME = Pattern.compile("(?!pg_)[a-z_][a-z0-9_]{0,39}");

    public static PostgresSettings from(Settings settings, AdapterContext context) {
        PostgresUrl database = PostgresUrl.parse(
                DATABASE_URL.name(), settings.require(DATABASE_URL, "the postgres transport needs a database"));
        String listen = settings.get(DATABASE_LISTEN_URL);
        String schema = settings.get(SCHEMA, "rt");
        if (!SCHEMA_NAME.matcher(schema).matches()) {
            throw settings.refused(SCHEMA, "it is 1 to 40 of a-z 0-9 _, not beginning with a digit or pg_");
        }
        return new PostgresSettings(
                database,
                listen == null ? database : PostgresUrl.parse(DATABASE_LISTEN_URL.name(), listen),
                schema,
                context.keyPrefix() + "_events",
                context.replayWindow(),
                settings.maxPayloadBytes(),
                settings.flag(MIGRATE, true),
                context.instance());
    }

    /** Whether publishing goes another way than LISTEN, which means through a pooler. */
    public boolean isPooled() {
        return !direct.equals(database);
    }

    /** The key that {@link #direct} was given by. */
    public String directKey() {
        return (isPooled() ? DATABASE_LISTEN_URL : DATABASE_URL).name();
    }

    /** What the connections of the pool call themselves at the server. */
    public String applicationName() {
        return "realtime:" + instance;
    }

    /** What a connection of its own calls itself: who it is, how it is configured, and what it does. */
    public String applicationName(String role) {
        String name = instance.length() > NAME_CHARACTERS ? instance.substring(0, NAME_CHARACTERS) : instance;
        return "realtime:" + name + ":" + Fingerprint.of(this).text() + ":" + role;
    }
}
