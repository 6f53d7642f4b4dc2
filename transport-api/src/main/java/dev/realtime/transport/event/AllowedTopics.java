package dev.realtime.transport.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The topics that a credential allows. Immutable.
 *
 * @param patterns names, or prefixes with a trailing {@code *}; none of them allows nothing, null allows all
 */
public record AllowedTopics(@Nullable List<String> patterns) {
    /** Every topic. */
    public static final AllowedTopics ALL = new AllowedTopics(null);
    /** No topic. */
    public static final AllowedTopics NONE = new AllowedTopics(List.of());

    public AllowedTopics {
        patterns = patterns == null ? null : NamePatterns.checked("topics", patterns);
    }

    /** The topics that match one of these, at most {@value Filter#MAX_PATTERNS}. */
    public static AllowedTopics of(String... patterns) {
        return new AllowedTopics(List.of(patterns));
    }

    public boolean allows(String topic) {
        return patterns == null || NamePatterns.anyMatches(patterns, topic);
    }

    /** Whether it allows any of the topics that match this pattern. */
    public boolean allowsAnyOf(String pattern) {
        return patterns == null || patterns.stream().anyMatch(allowed -> NamePatterns.overlap(allowed, pattern));
    }
}
