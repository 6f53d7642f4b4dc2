/**
 * One browser's walk: {@code StreamServlet} (parse, authorise, take a seat) → {@code SseConnection} (stream, close) →
 * {@code Frames} → {@code SseEncoder}. The top floor. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal.stream;

import org.jspecify.annotations.NullMarked;
