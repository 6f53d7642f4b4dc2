package dev.realtime.transport;

/**
 * A committed event.
 *
 * @param id the event's id
 * @param position where the log has it
 */
public record Published(String id, Position position) {}
