package dev.realtime.transport.runtime;

import java.time.Instant;

/**
 * Something of this instance that does not work now. Immutable.
 *
 * @param part what does not work: a thread's name such as {@code realtime-tail}, or a word such as {@code publishing}
 * @param cause one line for an operator: what was found and, where it is known, what to do; holds no secret
 * @param blocking whether this instance is not ready because of it
 * @param since when it began
 */
public record Trouble(String part, String cause, boolean blocking, Instant since) {}
