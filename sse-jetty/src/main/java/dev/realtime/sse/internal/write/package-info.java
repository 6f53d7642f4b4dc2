/**
 * How bytes reach a client: {@code StreamWriter} writes in rounds, {@code Batch} is what is written at once, {@code Outlet} is the way
 * out, one for each container. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal.write;

import org.jspecify.annotations.NullMarked;
