package dev.realtime.transport.testkit.checks;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Secrets of which nothing may ever say a word: test servers have them as passwords, and whatever the tests see of
 * logs, errors, states and output is searched for all of them. {@link CanaryCheck} fails the test in which one was
 * seen. Thread-safe.
 */
public final class Canary {
    private static final int SHOWN_BEFORE = 80;
    private static final int SHORTEST = 8;
    private static final Set<String> SECRETS = ConcurrentHashMap.newKeySet();
    private static final Queue<Finding> FINDINGS = new ConcurrentLinkedQueue<>();

    /** A secret that was given away, and where. */
    private record Finding(String secret, String where) {}

    private Canary() {}

    /** A new secret, watched from now on. Letters, digits and dashes only. */
    public static String fresh(String what) {
        return watched(what + "-canary-" + UUID.randomUUID());
    }

    /** Watches this secret from now on; not if it is shorter than 8 characters, and might stand anywhere. */
    public static String watched(String secret) {
        if (secret.length() >= SHORTEST) {
            SECRETS.add(secret);
        }
        return secret;
    }

    /** Searches the text, and remembers what was found for {@link CanaryCheck}. Null is nothing. */
    public static void look(String where, @Nullable String text) {
        if (text == null) {
            return;
        }
        for (String secret : SECRETS) {
            int at = text.indexOf(secret);
            if (at >= 0) {
                String before = text.substring(Math.max(0, at - SHOWN_BEFORE), at);
                FINDINGS.add(new Finding(secret, where + " gives a secret away, after: " + before));
            }
        }
    }

    /** Passes the text on. Fails at once if it holds a secret, without repeating it. */
    public static String searched(String where, String text) {
        look(where, text);
        failIfFound();
        return text;
    }

    /** Searches a failure, its causes and all that is suppressed, as a log would print them. */
    public static void look(String where, @Nullable Throwable failure) {
        if (failure != null) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            look(where, trace.toString());
        }
    }

    /** Fails if something was found since the last call. */
    public static void failIfFound() {
        Finding first = FINDINGS.poll();
        if (first != null) {
            FINDINGS.clear();
            throw new AssertionError(first.where());
        }
    }

    /** For tests of the search itself: what was found of this secret, which is watched no more. */
    public static List<String> release(String secret) {
        SECRETS.remove(secret);
        List<String> found = FINDINGS.stream()
                .filter(finding -> finding.secret().equals(secret))
                .map(Finding::where)
                .toList();
        FINDINGS.removeIf(finding -> finding.secret().equals(secret));
        return found;
    }
}
