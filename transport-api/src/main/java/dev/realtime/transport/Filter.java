package dev.realtime.transport;

import java.util.List;

/**
 * Which events of its organisation a subscriber wants: those that match a topic pattern and an event pattern. A
 * pattern is a name, or a prefix with a trailing {@code *}. Immutable; equal filters let equal events through.
 *
 * @param topics empty for all
 * @param events empty for all
 */
public record Filter(List<String> topics, List<String> events) {
    /** Most patterns in one list. */
    public static final int MAX_PATTERNS = 100;
    /** Everything. */
    public static final Filter ALL = new Filter(List.of(), List.of());

    public Filter {
        topics = checked("topics", topics);
        events = checked("events", events);
    }

    public static Filter topics(String... patterns) {
        return new Filter(List.of(patterns), List.of());
    }

    public boolean matches(Envelope envelope) {
        return anyMatches(topics, envelope.topic()) && anyMatches(events, envelope.event());
    }

    private static boolean anyMatches(List<String> patterns, String name) {
        if (patterns.isEmpty()) {
            return true;
        }
        for (String pattern : patterns) {
            int star = pattern.length() - 1;
            if (pattern.charAt(star) == '*' ? name.regionMatches(0, pattern, 0, star) : name.equals(pattern)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> checked(String field, List<String> patterns) {
        if (patterns.size() > MAX_PATTERNS) {
            throw new InvalidInputException(
                    "too_many_filters",
                    field,
                    field + ": " + patterns.size() + " patterns, at most " + MAX_PATTERNS + " are allowed");
        }
        for (String pattern : patterns) {
            boolean prefix = pattern.endsWith("*");
            if (!pattern.equals("*")) {
                FieldRules.name(field, prefix ? pattern.substring(0, pattern.length() - 1) : pattern);
            }
        }
        return patterns.stream().sorted().distinct().toList();
    }
}
