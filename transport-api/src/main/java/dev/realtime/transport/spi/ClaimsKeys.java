package dev.realtime.transport.spi;

import dev.realtime.transport.KeyClaims;
import dev.realtime.transport.TransportUnavailableException;
import java.time.Duration;

/** An optional ability of an adapter: to let exactly one caller among all instances have a key. */
public interface ClaimsKeys {
    /**
     * Claims a key for a time. True for one caller, and for nobody else until the time has passed, even if the backend
     * was away meanwhile. Blocks for a bounded time; any thread.
     *
     * @param key as {@link KeyClaims#claim} takes it
     * @param ttl 1 ms to {@link KeyClaims#LONGEST}
     * @throws TransportUnavailableException when the backend does not answer: whether the key is claimed is then unknown
     */
    boolean claim(String key, Duration ttl);
}
