/**
 * How events get out of the log: {@code Tail} reads it in order and hands on what it read, {@code EventLog} is every statement that
 * reads, {@code Sealer} gives numbers to what transactions staged, {@code Incarnation} notices that the log is not the one it was.
 * Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.log;

import org.jspecify.annotations.NullMarked;
