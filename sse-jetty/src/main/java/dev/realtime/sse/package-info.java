/** The SSE endpoint as a servlet for any Jetty. */
@NullMarked
package dev.realtime.sse;

import org.jspecify.annotations.NullMarked;
