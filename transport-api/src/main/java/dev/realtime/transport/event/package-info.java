/**
 * What an event is, and who gets it: {@code Event} to be published, {@code Envelope} as it is delivered, its {@code Position} in the log,
 * {@code Filter} and {@code AllowedTopics}. Immutable values.
 */
@NullMarked
package dev.realtime.transport.event;

import org.jspecify.annotations.NullMarked;
