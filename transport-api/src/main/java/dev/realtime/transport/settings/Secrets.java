package dev.realtime.transport.settings;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What this process was given in confidence, and the one place through which words of others pass before anybody sees
 * them: drivers and libraries quote what they cannot read, and that may be a piece of a password. Every piece of a
 * secret goes, plain or percent-encoded, in any case. But where the text has a word that is no secret (a host, a user, a
 * database, what a plain setting says), that word stays, though it may be a piece of a password as well. Thread-safe.
 */
public final class Secrets {
    /** Shorter pieces stand anywhere; a shorter secret goes as a word of its own. */
    private static final int SHORTEST_PIECE = 4;

    private static final String MASK = "***";
    private static final String OURS = "dev.realtime.";

    /** More secrets than that are no configuration. */
    private static final int MOST = 1_000;

    /** Of a URL: what stands between the scheme and the last @ before the path, and what parameters with such names say. */
    private static final Pattern URL = Pattern.compile("(?s)[a-zA-Z][a-zA-Z0-9+.:-]*://(?:(.*)@)?([^@]*)");
    /** Of what is behind the @: the host, the database, and the user as a parameter. */
    private static final Pattern PLACE =
            Pattern.compile("(?si)([^:/?#]*)[^/?#]*(?:/([^?#]*))?(?:.*?[&?]user=([^&#]*))?.*");

    private static final Pattern DATABASE = Pattern.compile("(?i)(jdbc:)?postgres(ql)?:");

    private static final Pattern PARAMETER =
            Pattern.compile("(?i)[&?]([^=&?]*(?:pass|secret|token|key|sig|auth|cred)[^=&]*)=([^&#]*)");

    private static final Set<String> KNOWN = new CopyOnWriteArraySet<>();
    private static final Set<String> OPEN = new CopyOnWriteArraySet<>();

    private Secrets() {}

    /** Remembers a secret: no piece of it is shown from now on. Of a URL it is the password and what looks like one. */
    public static void keep(String secret) {
        Matcher url = URL.matcher(secret);
        if (!url.matches()) {
            keepWhole(secret);
            return;
        }
        String credentials = url.group(1);
        if (credentials != null) {
            int colon = credentials.indexOf(':');
            // A user alone may be a token, as at Redis and at many HTTP services; for a database it is a user.
            if (colon >= 0 || !DATABASE.matcher(secret).lookingAt()) {
                keepWhole(credentials.substring(colon + 1));
                keepOpen(colon < 0 ? null : credentials.substring(0, colon));
            } else {
                keepOpen(credentials);
            }
        }
        Matcher place = PLACE.matcher(url.group(2));
        if (place.matches()) {
            keepOpen(place.group(1));
            keepOpen(place.group(2));
            keepOpen(place.group(3));
        }
        Matcher parameter = PARAMETER.matcher(secret);
        while (parameter.find()) {
            keepWhole(parameter.group(2));
        }
    }

    /** Remembers what is no secret: that word is shown wherever a text has it. */
    public static void keepOpen(@Nullable String word) {
        if (word != null && !word.isBlank() && OPEN.size() <= MOST) {
            OPEN.add(folded(decoded(word)));
        }
    }

    private static void keepWhole(String secret) {
        if (secret.isBlank() || KNOWN.size() > MOST) {
            return;
        }
        KNOWN.add(folded(secret));
        KNOWN.add(folded(decoded(secret)));
        KNOWN.add(folded(URLEncoder.encode(decoded(secret), StandardCharsets.UTF_8)));
    }

    /** What went wrong, in words that may be shown: the message, without any piece of a secret if others wrote it. */
    public static String messageOf(Throwable failure) {
        String message = failure.getMessage();
        if (message == null) {
            return failure.getClass().getSimpleName();
        }
        StackTraceElement[] trace = failure.getStackTrace();
        boolean ours = trace.length > 0 && trace[0].getClassName().startsWith(OURS);
        return ours ? message : masked(message);
    }

    /** The text of somebody else, without any piece of a secret. */
    public static String masked(String text) {
        String folded = folded(text);
        boolean[] hidden = new boolean[text.length()];
        int[] open = open(folded);
        for (String secret : KNOWN) {
            hide(folded, secret, open, hidden);
        }
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < hidden.length; i++) {
            if (!hidden[i]) {
                shown.append(text.charAt(i));
            } else if (i == 0 || !hidden[i - 1]) {
                shown.append(MASK);
            }
        }
        return shown.toString();
    }

    /** For each place of a text, where the longest word that is no secret ends that covers it; 0 if none does. */
    private static int[] open(String text) {
        int[] ends = new int[text.length()];
        for (String word : OPEN) {
            for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
                int end = at + word.length();
                if (isWord(text, at, end)) {
                    for (int i = at; i < end; i++) {
                        ends[i] = Math.max(ends[i], end);
                    }
                }
            }
        }
        return ends;
    }

    private static void hide(String text, String secret, int[] open, boolean[] hidden) {
        int least = Math.min(SHORTEST_PIECE, secret.length());
        int from = 0;
        while (from + least <= text.length()) {
            int length = least;
            if (!secret.contains(text.substring(from, from + least))) {
                from++;
                continue;
            }
            while (from + length < text.length() && secret.contains(text.substring(from, from + length + 1))) {
                length++;
            }
            boolean hides = open[from] < from + length
                    && (secret.length() >= SHORTEST_PIECE || isWord(text, from, from + length));
            for (int i = from; hides && i < from + length; i++) {
                hidden[i] = true;
            }
            // The next piece may begin inside of this one.
            from += length - least + 1;
        }
    }

    private static boolean isWord(String text, int from, int to) {
        return (from == 0 || !Character.isLetterOrDigit(text.charAt(from - 1)))
                && (to == text.length() || !Character.isLetterOrDigit(text.charAt(to)));
    }

    /** For tests: what was kept before is somebody else's. */
    static void forget() {
        KNOWN.clear();
        OPEN.clear();
    }

    /** Lower case, character by character: the places stay the same. */
    private static String folded(String text) {
        StringBuilder folded = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            folded.append(Character.toLowerCase(text.charAt(i)));
        }
        return folded.toString();
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return text;
        }
    }
}
