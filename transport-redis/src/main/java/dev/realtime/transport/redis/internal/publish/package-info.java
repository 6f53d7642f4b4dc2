/**
 * How events get into the logs: {@code PublishLanes} sends one group for each organisation at a time, {@code AppendScript} appends it.
 * Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.redis.internal.publish;

import org.jspecify.annotations.NullMarked;
