/**
 * The ground floor: what every resource of the endpoint does alike. {@code EndpointServlet} asks, {@code Access} says who is
 * asking, {@code Exchange} answers later, {@code Problem} is every refusal. Knows none of the other rooms. Not API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal.http;

import org.jspecify.annotations.NullMarked;
