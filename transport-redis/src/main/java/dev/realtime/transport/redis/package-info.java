/** The Redis adapter: one stream per organisation as the log, Pub/Sub as the wake-up. */
@NullMarked
package dev.realtime.transport.redis;

import org.jspecify.annotations.NullMarked;
