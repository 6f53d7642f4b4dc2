package dev.realtime.sse;

import jakarta.servlet.http.HttpServletRequest;

/** Says who calls. Called on the container's threads, many at once: thread-safe, and never blocks for long. */
@FunctionalInterface
public interface Authorizer {
    /**
     * Reads the request's credential. The organisation comes from here only, never from the query.
     *
     * @throws Refused if there is none, or it does not hold. With the status 503 it cannot be told now: an EventSource
     *     is then answered in a stream, to come back
     */
    Caller authorize(HttpServletRequest request) throws Refused;
}
