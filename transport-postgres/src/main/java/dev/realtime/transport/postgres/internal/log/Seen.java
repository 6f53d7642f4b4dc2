package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.event.Position;

/**
 * A position that this instance knows to have been in the log.
 *
 * @param nanos when it was acknowledged or heard, by {@link System#nanoTime}
 */
public record Seen(Position position, long nanos) {}
