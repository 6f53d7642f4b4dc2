package dev.realtime.transport.settings;

/**
 * A setting's environment key.
 *
 * @param name as in the environment
 * @param secret whether its value must never be shown
 */
public record SettingKey(String name, boolean secret) {
    public static SettingKey plain(String name) {
        return new SettingKey(name, false);
    }

    public static SettingKey secret(String name) {
        return new SettingKey(name, true);
    }
}
