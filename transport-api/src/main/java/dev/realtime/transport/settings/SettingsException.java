package dev.realtime.transport.settings;

/** A setting that cannot be used: names the key, the value (secrets masked) and what is allowed. A start error. */
public final class SettingsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String key;

    public SettingsException(String key, String problem) {
        super(key + ": " + problem);
        this.key = key;
    }

    /** The setting at fault. */
    public String key() {
        return key;
    }
}
