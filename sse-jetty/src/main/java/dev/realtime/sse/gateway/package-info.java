/** The runnable server: the endpoint, health, metrics and a live page on an embedded Jetty, with a command line. */
@NullMarked
package dev.realtime.sse.gateway;

import org.jspecify.annotations.NullMarked;
