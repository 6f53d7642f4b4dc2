package dev.realtime.sse;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The path that proxies in front take away from a request, such as {@code /app}: outside everything of ours stands below it.
 * Immutable.
 *
 * @param text empty, or segments with a slash before each; safe in a header and in HTML
 */
public record PathPrefix(String text) {
    /** Longest, in characters. */
    public static final int MAX_CHARS = 200;

    private static final Pattern FORM = Pattern.compile("(/([A-Za-z0-9._~!$*+=:@-]|%[0-9A-Fa-f]{2})+)*");
    /** What a browser or a server on the way would read as other segments. */
    private static final Pattern OTHER_SEGMENTS = Pattern.compile("/\\.{1,2}(/|$)|%(2f|5c|00)");

    /** Nothing is taken away. */
    public static final PathPrefix NONE = new PathPrefix("");

    /** @throws IllegalArgumentException if it is no such path */
    public PathPrefix {
        String plain = text.toLowerCase(Locale.ROOT).replace("%2e", ".");
        if (text.length() > MAX_CHARS
                || !FORM.matcher(text).matches()
                || OTHER_SEGMENTS.matcher(plain).find()) {
            throw new IllegalArgumentException("it is a path such as /app, of at most " + MAX_CHARS
                    + " characters, letters, digits and ._~!$*+=:@-%, without . and .. as segments");
        }
    }

    /** The path as people write it: a slash at its end does not count. */
    public static PathPrefix of(String text) {
        return new PathPrefix(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    }

    /** What several proxies have taken away, the first one first; nothing if one of them says something else. */
    static PathPrefix ofParts(List<String> parts) {
        StringBuilder all = new StringBuilder();
        for (String part : parts) {
            Optional<PathPrefix> prefix = ifOne(part);
            if (prefix.isEmpty()) {
                return NONE;
            }
            all.append(prefix.get().text);
        }
        return all.length() > MAX_CHARS ? NONE : new PathPrefix(all.toString());
    }

    private static Optional<PathPrefix> ifOne(String text) {
        try {
            return Optional.of(of(text));
        } catch (IllegalArgumentException notOne) {
            return Optional.empty();
        }
    }
}
