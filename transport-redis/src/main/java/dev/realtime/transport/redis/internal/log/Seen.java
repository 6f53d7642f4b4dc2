package dev.realtime.transport.redis.internal.log;

import dev.realtime.transport.event.Position;
import dev.realtime.transport.redis.internal.connect.Session;

/**
 * A position that this instance knows to have been in an organisation's log.
 *
 * @param nanos when it was acknowledged or heard, by {@link System#nanoTime}
 * @param on the session in which it was, or was looked for and found
 */
public record Seen(String orgId, Position position, long nanos, Session on) {}
