package dev.realtime.transport.spi;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.event.Position;
import java.util.List;

/** Where an adapter tells this instance what it hears. The adapter calls it from one thread at a time. Never blocks. */
public interface DeliverySink {
    /**
     * This instance follows the log from here on. Before the first {@link #deliver} for that log, once; again only
     * where an organisation was left and is followed again.
     */
    void started(LogId log, Position through);

    /**
     * What the log got, in order, each entry once; whoever published it.
     *
     * @param through nothing in the log is missing up to here; not before the last entry
     */
    void deliver(LogId log, List<LogEntry> entries, Position through);

    /** Between what was delivered and {@link LogPage.Gap#resumesAt} something is lost; deliveries go on from there. */
    void gap(LogId log, LogPage.Gap gap);

    /** The adapter's status has changed. */
    void status(TransportStatus status);
}
