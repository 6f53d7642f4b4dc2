package dev.realtime.transport.spi;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Position;
import java.util.List;

/** The answer to a read after a position. */
public sealed interface LogPage {
    /**
     * Contiguous: what the log has between the position asked for and {@code through}.
     *
     * @param entries in order; only the organisation's
     * @param through nothing of the organisation is missing up to here; not before the last entry, and at the log's
     *     head when there is no more
     */
    record Entries(List<LogEntry> entries, Position through) implements LogPage {}

    /**
     * A gap: the log cannot go on from the position asked for.
     *
     * @param range what it holds instead
     */
    record Gap(GapReason reason, LogRange range) implements LogPage {
        /** Where delivery goes on: everything still held after a trim, else from now. */
        public Position resumesAt() {
            return reason == GapReason.TRIMMED ? range.floor() : range.head();
        }
    }
}
