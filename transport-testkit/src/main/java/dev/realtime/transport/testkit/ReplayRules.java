package dev.realtime.transport.testkit;

import static dev.realtime.transport.testkit.Instance.entries;
import static dev.realtime.transport.testkit.Instance.gap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R: what somebody who comes back with a position may rely on. */
public abstract class ReplayRules extends ContractRules<Backend> {
    protected ReplayRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("R1 a new log is empty: floor and head are offset 0, and reading from there gives nothing")
    void newLogIsEmpty() {
        Instance reader = instance();

        LogRange range = reader.range(ACME);

        assertThat(range.head().offset()).isZero();
        assertThat(range.head().check()).isEqualTo(Position.NO_EVENT);
        assertThat(range.floor()).isEqualTo(range.head());
        assertThat(reader.read(ACME, range.head())).isEqualTo(new LogPage.Entries(List.of(), range.head()));
    }

    @Test
    @DisplayName("R2 the position of an empty log is still good when events have come: all of them follow it")
    void positionOfAnEmptyLogStaysGood() {
        Instance reader = instance();
        Position start = reader.range(ACME).head();
        List<Envelope> events = Envelopes.several(ACME, 3);

        reader.publish(events);

        assertThat(reader.startOf(ACME)).isEqualTo(start);
        assertThat(envelopes(reader.readAll(ACME, start))).isEqualTo(events);
        assertThat(reader.range(ACME).floor()).isEqualTo(start);
    }

    @Test
    @DisplayName("R3 pages are contiguous, hold at most so many entries, are never empty before the head and end there")
    void pagesAreContiguousToTheHead() {
        Instance reader = instance();
        Position at = reader.range(ACME).head();
        List<Position> published = reader.publish(Envelopes.several(ACME, 25));
        List<Position> read = new ArrayList<>();

        while (at.offset() < published.get(24).offset()) {
            LogPage.Entries page = entries(reader.adapter().read(ACME, at, 10));
            assertThat(page.entries()).hasSizeBetween(1, 10);
            read.addAll(positions(page.entries()));
            assertThat(page.through().offset())
                    .isGreaterThanOrEqualTo(read.get(read.size() - 1).offset());
            at = page.through();
        }

        assertThat(read).isEqualTo(published);
        assertThat(at).isEqualTo(reader.range(ACME).head());
    }

    @Test
    @DisplayName("R4 reading after a position in the middle gives exactly what follows, through the head")
    void readFromTheMiddle() {
        Instance reader = instance();
        List<Position> published = reader.publish(Envelopes.several(ACME, 5));

        LogPage.Entries page = entries(reader.read(ACME, published.get(1)));

        assertThat(positions(page.entries())).isEqualTo(published.subList(2, 5));
        assertThat(page.through()).isEqualTo(published.get(4));
    }

    @Test
    @DisplayName("R5 reading after the head gives nothing, through the head")
    void readFromTheHead() {
        Instance reader = instance();
        Position head = reader.publish(Envelopes.several(ACME, 3)).get(2);

        assertThat(reader.read(ACME, head)).isEqualTo(new LogPage.Entries(List.of(), head));
    }

    @Test
    @DisplayName("R6 what one instance has published, every other reads at once")
    void everyInstanceReadsWhatIsCommitted() {
        Instance publisher = instance();
        Instance reader = instance();
        Position at = reader.range(ACME).head();

        for (Envelope event : Envelopes.several(ACME, 50)) {
            Position committed = publisher.publish(event);
            LogPage.Entries page = entries(reader.read(ACME, at));
            assertThat(envelopes(page.entries())).containsExactly(event);
            assertThat(reader.range(ACME).head()).isEqualTo(committed);
            at = page.through();
        }
    }

    @Test
    @DisplayName("R7 a position ahead of the log is a gap, AHEAD, that resumes at the head")
    void aheadIsAGap() {
        Instance reader = instance();
        Position head = reader.publish(Envelopes.of(ACME));
        Position ahead = new Position(head.epoch(), head.offset() + 1, head.check());

        LogPage.Gap gap = gap(reader.read(ACME, ahead));

        assertThat(gap.reason()).isEqualTo(GapReason.AHEAD);
        assertThat(gap.resumesAt()).isEqualTo(head);
    }

    @Test
    @DisplayName("R8 a wrong check is a gap, EPOCH_CHANGED, that resumes at the head, though the epoch is right")
    void wrongCheckIsAGap() {
        Instance reader = instance();
        List<Position> published = reader.publish(Envelopes.several(ACME, 3));
        Position wrong = new Position(
                published.get(1).epoch(), published.get(1).offset(), Position.checkOf("an event that never was"));

        LogPage.Gap gap = gap(reader.read(ACME, wrong));

        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(published.get(2));
    }

    @Test
    @DisplayName(
            "R9 another epoch is a gap, EPOCH_CHANGED, that resumes at the head, though offset and check are right")
    void foreignEpochIsAGap() {
        Instance reader = instance();
        List<Position> published = reader.publish(Envelopes.several(ACME, 3));
        Position before = new Position(
                "another.epoch", published.get(0).offset(), published.get(0).check());

        LogPage.Gap gap = gap(reader.read(ACME, before));

        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(published.get(2));
    }

    @Test
    @DisplayName("R10 a foreign epoch's offset 0 proves nothing: a gap, EPOCH_CHANGED, that resumes at the head")
    void foreignEpochAtZeroIsAGap() {
        Instance reader = instance();
        Position head = reader.publish(Envelopes.of(ACME));

        LogPage.Gap gap = gap(reader.read(ACME, new Position("another.epoch", 0, Position.NO_EVENT)));

        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(head);
    }

    @Test
    @DisplayName("R11 what is stored up to any page and what is delivered after it join without a gap or a duplicate")
    void storedAndLiveJoin() {
        Instance publisher = instance();
        Position at = publisher.range(ACME).head();
        List<Envelope> events = Envelopes.several(ACME, 600);
        List<CompletableFuture<List<Position>>> load = new ArrayList<>();
        events.subList(0, 300).forEach(event -> load.add(publisher.adapter().publish(List.of(event))));
        Instance listener = startInstance().follow(ACME);
        events.subList(300, 600).forEach(event -> load.add(publisher.adapter().publish(List.of(event))));

        Position start = listener.startOf(ACME);
        List<LogEntry> joined = new ArrayList<>();
        while (at.offset() < start.offset()) {
            LogPage.Entries page = entries(listener.adapter().read(ACME, at, 50));
            joined.addAll(page.entries());
            at = page.through();
        }
        load.forEach(Instance::committed);
        long through = at.offset();
        listener.heard(ACME).stream()
                .filter(entry -> entry.position().offset() > through)
                .forEach(joined::add);

        assertThat(envelopes(joined)).isEqualTo(events);
    }
}
