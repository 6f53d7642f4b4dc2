/**
 * The way to a server: {@code RedisAddress} says where, {@code Connector} goes there, {@code Session} is what was found and how one
 * talks to it, {@code Failures} and {@code Refusal} name why it did not work. Knows nothing of logs. Not API: may change in any
 * release.
 */
@NullMarked
package dev.realtime.transport.redis.internal.connect;

import org.jspecify.annotations.NullMarked;
