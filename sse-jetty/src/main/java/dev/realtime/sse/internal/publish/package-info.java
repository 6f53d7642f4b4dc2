/**
 * Events that come in over HTTP: read, parse, publish, answer after the commit. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal.publish;

import org.jspecify.annotations.NullMarked;
