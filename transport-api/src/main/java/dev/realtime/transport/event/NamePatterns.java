package dev.realtime.transport.event;

import java.util.List;

/** Patterns of names: a name, or a prefix with a trailing {@code *}. Stateless. */
final class NamePatterns {
    private NamePatterns() {}

    /** Sorted, each once. Throws {@link InvalidInputException} about the field if there are too many, or one is none. */
    static List<String> checked(String field, List<String> patterns) {
        if (patterns.size() > Filter.MAX_PATTERNS) {
            throw new InvalidInputException(
                    "too_many_filters",
                    field,
                    field + ": " + patterns.size() + " patterns, at most " + Filter.MAX_PATTERNS + " are allowed");
        }
        for (String pattern : patterns) {
            if (!pattern.equals("*")) {
                FieldRules.name(field, isPrefix(pattern) ? prefix(pattern) : pattern);
            }
        }
        return patterns.stream().sorted().distinct().toList();
    }

    static boolean anyMatches(List<String> patterns, String name) {
        for (String pattern : patterns) {
            if (isPrefix(pattern) ? name.regionMatches(0, pattern, 0, pattern.length() - 1) : name.equals(pattern)) {
                return true;
            }
        }
        return false;
    }

    /** Whether some name could match both. */
    static boolean overlap(String a, String b) {
        if (isPrefix(a) && isPrefix(b)) {
            return prefix(a).startsWith(prefix(b)) || prefix(b).startsWith(prefix(a));
        }
        return isPrefix(a) ? b.startsWith(prefix(a)) : isPrefix(b) ? a.startsWith(prefix(b)) : a.equals(b);
    }

    private static boolean isPrefix(String pattern) {
        return pattern.endsWith("*");
    }

    private static String prefix(String pattern) {
        return pattern.substring(0, pattern.length() - 1);
    }
}
