/**
 * The way to a server: {@code PostgresUrl} says where and how, {@code Route} chooses among hosts, {@code ServerDoor} and
 * {@code TlsBridge} keep TLS's promises for a driver that does not, {@code SessionSettings} is what each session says first, and
 * {@code Causes} names why it failed. Knows nothing of logs. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.connect;

import org.jspecify.annotations.NullMarked;
