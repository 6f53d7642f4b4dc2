package dev.realtime.transport.memory;

import dev.realtime.transport.spi.LogEntry;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Where one organisation's entries are in the log. Not thread-safe: the log guards it. */
final class OrganisationIndex {
    private final NavigableMap<Long, LogEntry> byOffset = new TreeMap<>();
    private final Map<String, LogEntry> byId = new HashMap<>();

    NavigableMap<Long, LogEntry> byOffset() {
        return byOffset;
    }

    @Nullable
    LogEntry find(String eventId) {
        return byId.get(eventId);
    }

    void add(LogEntry entry) {
        byOffset.put(entry.position().offset(), entry);
        byId.put(entry.envelope().id(), entry);
    }

    void remove(LogEntry entry) {
        byOffset.remove(entry.position().offset());
        byId.remove(entry.envelope().id());
    }

    boolean isEmpty() {
        return byOffset.isEmpty();
    }
}
