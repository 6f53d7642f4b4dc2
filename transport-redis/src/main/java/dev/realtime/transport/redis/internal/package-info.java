/**
 * Read along the walk of one event: {@code RedisAdapter} → {@code PublishLanes} → {@code AppendScript} (commit) →
 * {@code Wakeups} → {@code Tail} → {@code ReadScript} → the sink. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.redis.internal;

import org.jspecify.annotations.NullMarked;
