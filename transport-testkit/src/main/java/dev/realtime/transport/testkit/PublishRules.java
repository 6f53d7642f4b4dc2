package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** P: what a publisher may rely on. */
public abstract class PublishRules extends ContractRules<Backend> {
    protected PublishRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("P1 publish completes after commit with one position per event, in order")
    void publishCompletesAfterCommitInOrder() {
        Instance publisher = instance();
        Instance other = instance();
        List<Envelope> events = Envelopes.several(ACME, 5);
        LogRange before = publisher.range(ACME);

        List<Position> answered = publisher.publish(events);

        List<LogEntry> stored = other.readAll(ACME, before.head());
        assertThat(positions(stored)).isEqualTo(answered);
        assertThat(envelopes(stored)).isEqualTo(events);
        assertThat(offsets(answered)).isSorted().doesNotHaveDuplicates();
        assertThat(other.range(ACME).head()).isEqualTo(answered.get(4));
    }

    @Test
    @DisplayName("P2 a position has the log's epoch, the check of the event's id, and a text form that parses")
    void positionsProveThemselves() {
        Instance publisher = instance();
        Envelope event = Envelopes.of(ACME);

        Position position = publisher.publish(event);

        assertThat(position.check()).isEqualTo(Position.checkOf(event.id()));
        assertThat(position.epoch()).isEqualTo(publisher.range(ACME).head().epoch());
        assertThat(Position.parse(position.cursor())).contains(position);
    }

    @Test
    @DisplayName("P3 the same event again, from any instance, gets the same position and is not appended")
    void sameEventAgainGetsTheSamePosition() {
        Instance publisher = instance();
        Instance other = instance();
        Envelope event = Envelopes.of(ACME);
        Envelope later = Envelopes.withTimestamp(event, event.timestamp().plusSeconds(5));

        Position first = publisher.publish(event);

        assertThat(publisher.publish(event)).isEqualTo(first);
        assertThat(other.publish(later)).as("with another time stamp").isEqualTo(first);
        assertThat(publisher.range(ACME).head()).isEqualTo(first);
        assertThat(publisher.heard(ACME)).extracting(LogEntry::envelope).containsExactly(event);
    }

    @Test
    @DisplayName("P4 another event under a known id fails with EventConflictException, whatever differs")
    void otherEventUnderKnownIdConflicts() {
        Instance publisher = instance();
        Envelope known = Envelopes.of(ACME);
        Position position = publisher.publish(known);
        Stream<UnaryOperator<Envelope>> changes = Stream.of(
                event -> Envelopes.withPayload(event, JsonPayload.EMPTY),
                event -> Envelopes.withNames(event, "orders.deleted", event.topic()),
                event -> Envelopes.withNames(event, event.type(), "resource:customers"),
                event -> Envelopes.withAudience(event, List.of("ada")));

        changes.forEach(change -> {
            Envelope changed = change.apply(known);
            assertThat(Instance.failure(publisher.adapter().publish(List.of(changed))))
                    .as("%s", changed)
                    .isInstanceOfSatisfying(
                            EventConflictException.class,
                            conflict -> assertThat(conflict.eventId()).isEqualTo(known.id()));
        });
        assertThat(publisher.range(ACME).head()).isEqualTo(position);
    }

    @Test
    @DisplayName("P5 nothing of a group is published when one of its events conflicts")
    void groupWithConflictIsNotPublished() {
        Instance publisher = instance();
        Envelope known = Envelopes.of(ACME);
        Position position = publisher.publish(known);
        List<Envelope> group =
                List.of(Envelopes.of(ACME), Envelopes.withPayload(known, JsonPayload.EMPTY), Envelopes.of(ACME));

        Throwable failure = Instance.failure(publisher.adapter().publish(group));

        assertThat(failure).isInstanceOf(EventConflictException.class);
        assertThat(publisher.range(ACME).head()).isEqualTo(position);
        assertThat(publisher.heard(ACME)).extracting(LogEntry::envelope).containsExactly(known);
    }

    @Test
    @DisplayName("P6 of a group known in part, only the new events are appended; all positions are answered in order")
    void knownPartOfGroupKeepsItsPositions() {
        Instance publisher = instance();
        List<Envelope> events = Envelopes.several(ACME, 4);
        List<Position> known = publisher.publish(List.of(events.get(2), events.get(0)));

        List<Position> answered = publisher.publish(events);

        assertThat(answered.get(0)).isEqualTo(known.get(1));
        assertThat(answered.get(2)).isEqualTo(known.get(0));
        assertThat(publisher.heard(ACME))
                .extracting(LogEntry::position)
                .containsExactly(known.get(0), known.get(1), answered.get(1), answered.get(3));
    }

    @Test
    @DisplayName("P7 one id published by three instances at the same time is appended once, and all get its position")
    void racingForOneIdAppendsOnce() {
        List<Instance> publishers = List.of(instance(), instance(), instance());
        Envelope event = Envelopes.of(ACME);

        List<CompletableFuture<List<Position>>> racing = IntStream.range(0, 60)
                .mapToObj(i -> publishers.get(i % 3).adapter().publish(List.of(event)))
                .toList();

        assertThat(racing.stream().map(Instance::committed).distinct()).hasSize(1);
        assertThat(publishers.get(0).heard(ACME)).extracting(LogEntry::envelope).containsExactly(event);
    }

    @Test
    @DisplayName("P8 a payload of 1 MiB in four-byte characters arrives and is stored byte for byte")
    void largePayloadIsIdentical() {
        assertArrivesUnchanged(List.of(Envelopes.withPayload(Envelopes.of(ACME), Envelopes.payloadOf(1_048_576))));
    }

    @Test
    @DisplayName("P9 payloads of 7,999, 8,000 and 8,001 bytes arrive: no limit of a notification shows")
    void payloadsAroundTheNotificationLimit() {
        assertArrivesUnchanged(IntStream.of(7_999, 8_000, 8_001)
                .mapToObj(bytes -> Envelopes.withPayload(Envelopes.of(ACME), Envelopes.payloadOf(bytes)))
                .toList());
    }

    @Test
    @DisplayName("P10 a group of 1,000 events is published whole and in order")
    void thousandEventsInOneGroup() {
        assertArrivesUnchanged(Envelopes.several(ACME, 1_000));
    }

    @Test
    @DisplayName("P11 every field survives at its bounds: names, microseconds, the audience or its absence")
    void everyFieldSurvives() {
        String longest = "_" + "aZ9.:-_".repeat(18) + "x";
        List<String> users = IntStream.range(0, 1_000)
                .mapToObj(i -> "user-%04d!#$%%&'()*+,/:;<=>?@[]^`{|}~".formatted(i) + "u".repeat(200))
                .toList();
        Instant micros = Instant.parse("2026-02-28T23:59:59.000001Z");
        assertArrivesUnchanged(List.of(
                new Envelope(longest, ACME, longest, longest, micros, JsonPayload.of("[1e2, \"\\u0000\"]"), users),
                new Envelope("1", ACME, "e", "t", micros.plusNanos(999_998_000), JsonPayload.of("false"), null)));
    }

    @Test
    @DisplayName("P12 eight threads publish at once: nothing is lost, and what each published keeps its order")
    void concurrentPublishersLoseNothing() {
        Instance publisher = instance();
        List<List<Envelope>> perThread = IntStream.range(0, 8)
                .mapToObj(i -> Envelopes.several(ACME, 100))
                .toList();
        List<CompletableFuture<List<Position>>> running = new ArrayList<>();
        for (List<Envelope> own : perThread) {
            running.add(CompletableFuture.supplyAsync(
                    () -> own.stream().map(publisher::publish).toList(), task -> new Thread(task, "caller").start()));
        }

        for (int i = 0; i < 8; i++) {
            assertThat(offsets(Instance.committed(running.get(i)))).isSorted();
        }
        List<Envelope> heard = envelopes(publisher.heard(ACME));
        assertThat(heard).hasSize(800);
        for (List<Envelope> own : perThread) {
            assertThat(heard.stream().filter(own::contains)).isEqualTo(own);
        }
    }

    @Test
    @DisplayName("P13 one thread's publications keep their order though it does not wait for them")
    void pipelinedPublicationsKeepTheirOrder() {
        Instance publisher = instance();
        List<Envelope> events = Envelopes.several(ACME, 500);

        List<CompletableFuture<List<Position>>> running = events.stream()
                .map(event -> publisher.adapter().publish(List.of(event)))
                .toList();

        List<Position> answered =
                running.stream().map(Instance::committed).map(one -> one.get(0)).toList();
        List<LogEntry> heard = publisher.heard(ACME);
        assertThat(positions(heard)).isEqualTo(answered);
        assertThat(envelopes(heard)).isEqualTo(events);
    }

    @Test
    @DisplayName("P14 what may have been appended a window ago is not appended: PublicationInDoubtException")
    void whatMayHaveBeenAppendedAWindowAgoIsNotAppended() {
        Instance publisher = instance();
        Envelope known = Envelopes.of(ACME);
        Envelope repeated = Envelopes.of(ACME);
        Position position = publisher.publish(known);

        assertThat(Instance.failure(publisher.adapter().publish(List.of(known, Envelopes.of(ACME)), WINDOW)))
                .isInstanceOf(PublicationInDoubtException.class);
        assertThat(publisher.range(ACME).head()).isEqualTo(position);
        Position inTime = Instance.committed(publisher.adapter().publish(List.of(repeated), WINDOW.dividedBy(2)))
                .get(0);
        assertThat(publisher.range(ACME).head()).isEqualTo(inTime);
        assertThat(publisher.heard(ACME)).extracting(LogEntry::envelope).containsExactly(known, repeated);
    }

    private void assertArrivesUnchanged(List<Envelope> events) {
        Instance publisher = instance();
        Instance other = instance();
        Position before = publisher.range(ACME).head();

        List<Position> answered = publisher.publish(events);

        List<LogEntry> stored = other.readAll(ACME, before);
        assertThat(envelopes(stored)).isEqualTo(events);
        assertThat(positions(stored)).isEqualTo(answered);
        assertThat(publisher.heard(ACME)).extracting(LogEntry::envelope).isEqualTo(events);
        assertThat(other.heard(ACME)).extracting(LogEntry::envelope).isEqualTo(events);
    }
}
