package dev.realtime.system;

import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Secrets of which no process may ever say a word. Every output, answer and stream that these tests read is searched
 * for all of them. Thread-safe.
 */
final class Canary {
    private static final Set<String> SECRETS = ConcurrentHashMap.newKeySet();

    private Canary() {}

    /** A new secret, watched from now on. */
    static String fresh(String what) {
        return watched(what + "-canary-" + UUID.randomUUID());
    }

    /** Watches this secret from now on. */
    static String watched(String secret) {
        SECRETS.add(secret);
        return secret;
    }

    /** Passes the text on. Fails if it holds a secret, without repeating it. */
    static String searched(String where, String text) {
        for (String secret : SECRETS) {
            int at = text.indexOf(secret);
            if (at >= 0) {
                String before = text.substring(Math.max(0, at - 80), at);
                throw new AssertionError(where + " gives a secret away, after: " + before);
            }
        }
        return text;
    }
}
