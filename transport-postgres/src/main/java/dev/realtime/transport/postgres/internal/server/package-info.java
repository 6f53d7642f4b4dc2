/**
 * What an instance sees of the server, about every five seconds and when something stands still: {@code Lookout} looks, {@code Survey} is
 * what it found, {@code Sight} and {@code Standstill} say why nothing flows, {@code Warnings} what will hurt. Only reads. Not API: may
 * change in any release.
 */
@NullMarked
package dev.realtime.transport.postgres.internal.server;

import org.jspecify.annotations.NullMarked;
