/** Who is let in by a gateway that checks no tokens. Not API: may change in any release. */
@NullMarked
package dev.realtime.sse.gateway.auth;

import org.jspecify.annotations.NullMarked;
