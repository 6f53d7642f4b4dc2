package dev.realtime.transport.spi;

import dev.realtime.transport.event.Position;

/**
 * What a log holds.
 *
 * @param floor after this position everything is held: the newest one that was trimmed, or offset 0
 * @param head the newest
 */
public record LogRange(Position floor, Position head) {}
