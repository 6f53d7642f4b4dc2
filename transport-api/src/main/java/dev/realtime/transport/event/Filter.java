package dev.realtime.transport.event;

import java.util.List;

/**
 * Which events of its organisation a subscriber gets: those that match a topic pattern and an event pattern, and are
 * on a topic that it is allowed. A pattern is a name, or a prefix with a trailing {@code *}. Immutable; equal filters
 * let equal events through.
 *
 * @param topics what it wants; empty for all
 * @param events what it wants; empty for all
 * @param allowed what it may hear, whatever it wants
 */
public record Filter(List<String> topics, List<String> events, AllowedTopics allowed) {
    /** Most patterns in one list. */
    public static final int MAX_PATTERNS = 100;
    /** Everything. */
    public static final Filter ALL = new Filter(List.of(), List.of());

    public Filter {
        topics = NamePatterns.checked("topics", topics);
        events = NamePatterns.checked("events", events);
    }

    /** For somebody who may hear every topic. */
    public Filter(List<String> topics, List<String> events) {
        this(topics, events, AllowedTopics.ALL);
    }

    public static Filter topics(String... patterns) {
        return new Filter(List.of(patterns), List.of());
    }

    /**
     * The same, for somebody who may hear these topics only.
     *
     * @throws IllegalStateException if it was narrowed before: nothing widens it again
     */
    public Filter within(AllowedTopics allowed) {
        if (!this.allowed.equals(AllowedTopics.ALL)) {
            throw new IllegalStateException("the filter is for somebody already");
        }
        return new Filter(topics, events, allowed);
    }

    public boolean matches(Envelope envelope) {
        return allowed.allows(envelope.topic()) && wants(topics, envelope.topic()) && wants(events, envelope.type());
    }

    private static boolean wants(List<String> patterns, String name) {
        return patterns.isEmpty() || NamePatterns.anyMatches(patterns, name);
    }
}
