package dev.realtime.transport.spi;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;

/**
 * An event in the log.
 *
 * @param position where
 * @param envelope the event
 * @param loggedAtMicros when, microseconds since 1970 by the backend's clock; for latency figures only
 */
public record LogEntry(Position position, Envelope envelope, long loggedAtMicros) {}
