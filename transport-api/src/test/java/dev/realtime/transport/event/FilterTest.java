package dev.realtime.transport.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {

    private static Envelope envelope(String topic, String event) {
        return new Envelope("i", "acme", event, topic, Instant.EPOCH, JsonPayload.EMPTY, null);
    }

    @ParameterizedTest
    @CsvSource({
        "resource:orders, resource:orders, true",
        "resource:orders, resource:order, false",
        "resource:orders, resource:orders2, false",
        "resource:*, resource:orders, true",
        "resource:*, resource:, true",
        "resource:*, resource, false",
        "resource:*, xresource:orders, false",
        "*, anything, true",
        "a*, a, true",
        "a*, A, false",
    })
    void matchesTopics(String pattern, String topic, boolean matches) {
        assertThat(Filter.topics(pattern).matches(envelope(topic, "x"))).isEqualTo(matches);
        assertThat(new Filter(List.of(), List.of(pattern)).matches(envelope("t", topic)))
                .isEqualTo(matches);
    }

    @Test
    void onePatternOfEachListHasToMatch() {
        Filter filter = new Filter(List.of("a", "b"), List.of("x.*", "y"));

        assertThat(filter.matches(envelope("b", "x.1"))).isTrue();
        assertThat(filter.matches(envelope("a", "y"))).isTrue();
        assertThat(filter.matches(envelope("a", "z"))).isFalse();
        assertThat(filter.matches(envelope("c", "y"))).isFalse();
    }

    @Test
    void emptyListsLetEverythingThrough() {
        assertThat(Filter.ALL.matches(envelope("t", "x"))).isTrue();
        assertThat(new Filter(List.of(), List.of("x")).matches(envelope("t", "x")))
                .isTrue();
    }

    @Test
    void orderAndRepetitionMakeNoDifference() {
        assertThat(Filter.topics("b", "a", "b")).isEqualTo(Filter.topics("a", "b"));
        assertThat(Filter.topics("b", "a")).hasSameHashCodeAs(Filter.topics("a", "b"));
        assertThat(Filter.topics(new String[0])).isEqualTo(Filter.ALL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*a", "a*b", "a**", "**", "a b", "a,b", "a?", "\u00e9*"})
    void refusesOtherPatterns(String pattern) {
        assertThatThrownBy(() -> Filter.topics(pattern))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.field()).isEqualTo("topics"));
    }

    @Test
    void listsAreBounded() {
        List<String> hundred = IntStream.range(0, 100).mapToObj(i -> "t" + i).toList();

        assertThat(new Filter(hundred, hundred).topics()).hasSize(100);
        assertThatThrownBy(() -> new Filter(List.of(), Collections.nCopies(101, "t")))
                .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                    assertThat(refused.code()).isEqualTo("too_many_filters");
                    assertThat(refused.field()).isEqualTo("events");
                    assertThat(refused).hasMessageContaining("101").hasMessageContaining("100");
                });
    }

    @Test
    void whatIsAllowedBoundsWhatIsWanted() {
        AllowedTopics allowed = AllowedTopics.of("orders.*", "news");

        assertThat(Filter.ALL.within(allowed).matches(envelope("orders.1", "x")))
                .isTrue();
        assertThat(Filter.ALL.within(allowed).matches(envelope("news", "x"))).isTrue();
        assertThat(Filter.ALL.within(allowed).matches(envelope("users.1", "x"))).isFalse();
        assertThat(Filter.topics("*").within(allowed).matches(envelope("users.1", "x")))
                .isFalse();
        assertThat(Filter.topics("news").within(allowed).matches(envelope("orders.1", "x")))
                .isFalse();
        assertThat(Filter.ALL.within(AllowedTopics.NONE).matches(envelope("news", "x")))
                .isFalse();
        assertThat(new Filter(List.of(), List.of("y")).within(allowed).matches(envelope("news", "x")))
                .isFalse();
    }

    @Test
    void anAllowanceIsPartOfTheValueAndIsNotWidened() {
        Filter narrowed = Filter.ALL.within(AllowedTopics.of("b", "a", "b"));

        assertThat(narrowed).isNotEqualTo(Filter.ALL).isEqualTo(Filter.ALL.within(AllowedTopics.of("a", "b")));
        assertThat(Filter.ALL.within(AllowedTopics.NONE)).isNotEqualTo(Filter.ALL);
        assertThat(Filter.ALL.within(AllowedTopics.ALL)).isEqualTo(Filter.ALL);
        assertThatThrownBy(() -> narrowed.within(AllowedTopics.ALL)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "a, a, true",
        "a, b, false",
        "a*, ab, true",
        "a*, b, false",
        "ab, a*, true",
        "b, a*, false",
        "a*, ab*, true",
        "ab*, a*, true",
        "ab*, ac*, false",
        "*, x, true",
        "x, *, true",
        "ab*, a, false",
    })
    void overlapsAreFound(String allowed, String wanted, boolean overlap) {
        assertThat(AllowedTopics.of(allowed).allowsAnyOf(wanted)).isEqualTo(overlap);
        assertThat(AllowedTopics.NONE.allowsAnyOf(wanted)).isFalse();
        assertThat(AllowedTopics.ALL.allowsAnyOf(wanted)).isTrue();
    }

    @Test
    void allowancesAreBoundedLikeFilters() {
        assertThatThrownBy(() -> new AllowedTopics(Collections.nCopies(101, "t")))
                .isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> AllowedTopics.of("a*b")).isInstanceOf(InvalidInputException.class);
    }
}
