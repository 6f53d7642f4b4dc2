/**
 * Who somebody is, and until when: tickets, resume cookies, revocations. Knows no streams: it is given what ends them. Not
 * API: may change in any release.
 */
@NullMarked
package dev.realtime.sse.internal.credential;

import org.jspecify.annotations.NullMarked;
