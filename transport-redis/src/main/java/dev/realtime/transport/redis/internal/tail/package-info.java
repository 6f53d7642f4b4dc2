/**
 * How events get out of the logs: {@code Wakeups} hears that there is something new, {@code Tail} reads the logs that somebody follows
 * in rounds, {@code Feed} hands on what is new in one. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.redis.internal.tail;

import org.jspecify.annotations.NullMarked;
