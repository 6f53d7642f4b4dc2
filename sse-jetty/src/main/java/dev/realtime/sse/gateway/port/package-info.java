/**
 * The port: what is asked of TCP, TLS, HTTP/1.1 and HTTP/2, how long a head may take, and what Jetty itself refuses. Knows no
 * settings of the gateway. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.gateway.port;

import org.jspecify.annotations.NullMarked;
