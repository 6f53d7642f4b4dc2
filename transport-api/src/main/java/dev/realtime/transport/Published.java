package dev.realtime.transport;

import dev.realtime.transport.event.Position;

/**
 * A committed event.
 *
 * @param id the event's id
 * @param position where the log has it
 */
public record Published(String id, Position position) {}
