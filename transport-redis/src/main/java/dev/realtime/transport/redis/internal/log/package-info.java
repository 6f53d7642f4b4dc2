/**
 * An organisation's log in Redis: {@code OrgKeys} names its keys, {@code Entry} is how an event is written there, {@code Script} runs
 * what changes or reads it in one step, {@code Acknowledged} remembers what was there, so that a loss is noticed. Not API: may change
 * in any release.
 */
@NullMarked
package dev.realtime.transport.redis.internal.log;

import org.jspecify.annotations.NullMarked;
