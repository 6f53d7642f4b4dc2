package dev.realtime.transport;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Something that only one of all instances' callers gets: a key, for a time. Thread-safe; never blocks. */
@FunctionalInterface
public interface KeyClaims {
    /** Longest time that a key can be claimed for. */
    Duration LONGEST = Duration.ofDays(30);

    /**
     * Claims a key. True for exactly one caller, whichever instance it asks, until the time has passed.
     *
     * @param key 1 to 128 of {@code A-Z a-z 0-9 . _ : -}, the first a letter, digit or {@code _}
     * @param ttl 1 ms to {@link #LONGEST}
     * @return completes within 5 s, on a thread of the transport: don't block it. Fails with
     *     {@link TransportUnavailableException} when it cannot be told; the key may be claimed then
     * @throws InvalidInputException if key or time are out of bounds
     */
    CompletableFuture<Boolean> claim(String key, Duration ttl);
}
