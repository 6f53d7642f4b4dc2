/**
 * The front door: {@link dev.realtime.transport.PubSub} publishes {@link dev.realtime.transport.event.Event}s and hands
 * {@link dev.realtime.transport.Delivery Deliveries} to subscribers. Everything else here is a value that passes through it.
 */
@NullMarked
package dev.realtime.transport;

import org.jspecify.annotations.NullMarked;
