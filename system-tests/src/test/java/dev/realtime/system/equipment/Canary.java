package dev.realtime.system.equipment;

/**
 * Secrets of which no process may ever say a word. Every output, answer and stream that these tests read is searched
 * for all of them, and for the test servers' own. Thread-safe.
 */
public final class Canary {
    private Canary() {}

    /** A new secret, watched from now on. */
    public static String fresh(String what) {
        return dev.realtime.transport.testkit.checks.Canary.fresh(what);
    }

    /** Watches this secret from now on. */
    public static String watched(String secret) {
        return dev.realtime.transport.testkit.checks.Canary.watched(secret);
    }

    /** Passes the text on. Fails if it holds a secret, without repeating it. */
    public static String searched(String where, String text) {
        return dev.realtime.transport.testkit.checks.Canary.searched(where, text);
    }
}
