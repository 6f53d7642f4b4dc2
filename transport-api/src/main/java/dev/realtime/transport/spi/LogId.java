package dev.realtime.transport.spi;

/**
 * Names an event log of a backend: some have one for all organisations, some one for each.
 *
 * @param name unique within the adapter
 */
public record LogId(String name) {
    /** The log of a backend that has only one. */
    public static final LogId SHARED = new LogId("");
}
