package dev.realtime.transport.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventTest {
    private static final Event EVENT = Event.of("acme", "orders.updated");

    @Test
    void hasDefaults() {
        assertThat(EVENT).isEqualTo(new Event("acme", "orders.updated", "events", JsonPayload.of("{}"), null, null));
    }

    @ParameterizedTest
    @CsvSource({"CREATE, created, create", "UPDATE, updated, update", "DELETE, deleted, delete"})
    void pingsAResource(Event.Action action, String past, String verb) {
        Event ping = Event.resourcePing("acme", "orders", action, "4\"2");

        assertThat(ping.type()).isEqualTo("orders." + past);
        assertThat(ping.topic()).isEqualTo("resource:orders");
        assertThat(ping.payload()).hasToString("{\"action\":\"" + verb + "\",\"id\":\"4\\\"2\"}");
    }

    @Test
    void audienceIsSortedWithoutDuplicatesSoThatEqualEventsAreEqual() {
        Event event = new Event("acme", "x", "t", JsonPayload.EMPTY, List.of("bob", "ann", "bob"), null);

        assertThat(event.audience()).containsExactly("ann", "bob");
        assertThat(EVENT.withAudience(Set.of("b", "a"))).isEqualTo(EVENT.withAudience(Set.of("a", "b")));
    }

    @Test
    void everyFieldIsChecked() {
        assertThatThrownBy(() -> Event.of("a b", "x")).hasMessageStartingWith("org_id:");
        assertThatThrownBy(() -> Event.of("acme", "")).hasMessageStartingWith("event:");
        assertThatThrownBy(() -> Event.of("acme", "realtime.open")).hasMessageStartingWith("event:");
        assertThatThrownBy(() -> EVENT.withTopic("a b")).hasMessageStartingWith("topic:");
        assertThatThrownBy(() -> EVENT.withId("")).hasMessageStartingWith("id:");
        assertThatThrownBy(() -> EVENT.withAudience(Set.of())).hasMessageStartingWith("user_ids:");
        assertThatThrownBy(() -> EVENT.withAudience(Set.of("a b"))).hasMessageStartingWith("user_ids:");
        assertThatThrownBy(() -> new Event("acme", "x", "t", JsonPayload.EMPTY, Arrays.asList("ann", null), null))
                .isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> EVENT.withPayload("{")).hasMessageStartingWith("payload:");
    }

    @Test
    void envelopeAsSubscribersSeeItHasNoAudience() {
        Envelope envelope = new Envelope(
                "i",
                "acme",
                "orders.updated",
                "resource:orders",
                Instant.parse("2026-11-20T10:00:00.000001Z"),
                JsonPayload.of("{\"a\":\"\u00e9\"}"),
                List.of("ann"));

        assertThat(new String(envelope.toJson(false), StandardCharsets.UTF_8))
                .isEqualTo("{\"id\":\"i\",\"org_id\":\"acme\",\"event\":\"orders.updated\","
                        + "\"topic\":\"resource:orders\",\"timestamp\":\"2026-11-20T10:00:00.000001Z\",\"version\":\"v1\","
                        + "\"payload\":{\"a\":\"\u00e9\"}}");
        assertThat(new String(envelope.toJson(true), StandardCharsets.UTF_8))
                .contains("\"version\":\"v1\",\"provisional\":true,\"payload\":");
    }

    @Test
    void envelopeIsForItsAudience() {
        Envelope all = new Envelope("i", "acme", "x", "t", Instant.EPOCH, JsonPayload.EMPTY, null);
        Envelope ann = new Envelope("i", "acme", "x", "t", Instant.EPOCH, JsonPayload.EMPTY, List.of("ann"));

        assertThat(all.isFor(null)).isTrue();
        assertThat(all.isFor("bob")).isTrue();
        assertThat(ann.isFor("ann")).isTrue();
        assertThat(ann.isFor("bob")).isFalse();
        assertThat(ann.isFor(null)).isFalse();
        assertThat(all.sameBodyAs(ann)).isFalse();
    }

    @Test
    void whenItWasPublishedIsNoPartOfTheBody() {
        Envelope early = new Envelope("i", "acme", "x", "t", Instant.EPOCH, JsonPayload.EMPTY, null);
        Envelope late = new Envelope("i", "acme", "x", "t", Instant.EPOCH.plusSeconds(1), JsonPayload.EMPTY, null);

        assertThat(early.sameBodyAs(late)).isTrue();
    }
}
