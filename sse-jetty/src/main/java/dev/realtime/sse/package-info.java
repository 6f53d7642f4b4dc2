/**
 * The endpoint for a team's own Jetty, or any other servlet container: {@link dev.realtime.sse.RealtimeEndpoint} mounts {@code /realtime/stream},
 * {@code /realtime/events} and {@code /realtime/position}; an {@link dev.realtime.sse.Authorizer} says who calls.
 */
@NullMarked
package dev.realtime.sse;

import org.jspecify.annotations.NullMarked;
