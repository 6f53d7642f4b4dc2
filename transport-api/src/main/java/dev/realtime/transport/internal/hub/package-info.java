/**
 * The process-local centre, read along the walk of one event: {@code Hub} → {@code LogFeed} (fan-out) →
 * {@code HubSubscription} ({@code Handover}) → {@code Mailbox}. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.transport.internal.hub;

import org.jspecify.annotations.NullMarked;
