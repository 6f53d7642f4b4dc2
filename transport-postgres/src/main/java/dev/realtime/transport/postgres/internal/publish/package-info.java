/**
 * How events get into the log: {@code PublishQueue} holds them, {@code Publisher} appends in groups, {@code LogWriter} is every
 * statement that writes to the log. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.publish;

import org.jspecify.annotations.NullMarked;
