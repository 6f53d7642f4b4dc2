/**
 * How the endpoint works, read along one browser's walk: {@code StreamServlet} (parse, authorise, open) →
 * {@code SseConnection} (stream, close) → {@code Frames} → {@code SseEncoder}. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal;

import org.jspecify.annotations.NullMarked;
