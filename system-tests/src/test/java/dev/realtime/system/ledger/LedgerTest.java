package dev.realtime.system.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.ledger.Told.Event;
import dev.realtime.system.ledger.Told.Gap;
import dev.realtime.system.ledger.Told.Opened;
import dev.realtime.system.ledger.Told.Reached;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The judge can say no: each kind of fault is found, and nothing else is. */
class LedgerTest {
    private final Ledger ledger = new Ledger("acme");

    @BeforeEach
    void fourEvents() {
        for (int i = 1; i <= 4; i++) {
            ledger.committed(List.of(new Acknowledged("e" + i, cursor(i))));
        }
    }

    @Test
    void allInOrderIsRight() {
        assertThat(faults(event(1), event(2), event(3), event(4))).isEmpty();
        assertThat(ledger.ids()).containsExactly("e1", "e2", "e3", "e4");
        assertThat(ledger.size()).isEqualTo(4);
    }

    @Test
    void aGapIsFoundWhereverItIs() {
        assertThat(faults(event(1), event(2), event(4))).containsExactly("missing: e3 at x-3-0");
        assertThat(faults(event(1), event(2), event(3))).containsExactly("missing: e4 at x-4-0");
        assertThat(faults(event(2), event(3), event(4))).containsExactly("missing: e1 at x-1-0");
    }

    @Test
    void aStreamOwesNothingFromBeforeItOpened() {
        assertThat(faults(new Opened(cursor(2)), event(3), event(4))).isEmpty();
        assertThat(faults(new Opened(cursor(2)), event(4))).containsExactly("missing: e3 at x-3-0");
    }

    @Test
    void aStreamThatOpensAgainFurtherOnHasAGap() {
        assertThat(faults(new Opened(cursor(1)), event(2), new Opened(cursor(2)), event(3), event(4)))
                .isEmpty();
        assertThat(faults(new Opened(cursor(1)), event(2), new Opened(cursor(3)), event(4)))
                .containsExactly("missing: e3 at x-3-0");
    }

    @Test
    void aCursorThatMovesOnAloneIsAGap() {
        assertThat(faults(event(1), event(2), new Reached(cursor(3)), event(4)))
                .containsExactly("missing: e3 at x-3-0");
        assertThat(faults(event(1), event(2), new Reached(cursor(3)), event(3), event(4)))
                .anyMatch(fault -> fault.startsWith("out of order:"));
    }

    @Test
    void twiceIsFound() {
        assertThat(faults(event(1), event(2), event(2), event(3), event(4)))
                .singleElement()
                .asString()
                .startsWith("twice:");
    }

    @Test
    void reorderingIsFound() {
        assertThat(faults(event(1), event(3), event(2), event(4))).anyMatch(fault -> fault.startsWith("out of order:"));
    }

    @Test
    void foreignAndUnknownEventsAreFound() {
        List<String> faults = faults(
                event(1),
                event(2),
                event(3),
                event(4),
                new Event("globex", "e9", cursor(9), false),
                new Event("acme", "e8", cursor(8), false));

        assertThat(faults).hasSize(2);
        assertThat(faults.get(0)).startsWith("somebody else's:");
        assertThat(faults.get(1)).startsWith("never committed:");
    }

    @Test
    void whatWasRolledBackOrIsStillOpenWasNeverCommitted() {
        Ledger.Transaction rolledBack = ledger.begin().publishes("r");
        rolledBack.rolledBack();
        Ledger.Transaction half = ledger.begin().publishes("h1").publishes("h2");
        half.undone("h1");
        half.committed();
        ledger.begin().publishes("o");

        List<String> faults = faults(
                event(1), event(2), event(3), event(4), event("r", 5), event("h1", 6), event("h2", 7), event("o", 8));

        assertThat(faults).hasSize(3).allMatch(fault -> fault.startsWith("never committed:"));
    }

    @Test
    void anotherCursorOrNoneIsFound() {
        assertThat(faults(event(1), event(2), event(3), event("e4", 5)))
                .singleElement()
                .asString()
                .startsWith("another cursor than x-4-0");
        assertThat(faults(event(1), event(2), event(3), new Event("acme", "e4", null, false)))
                .anyMatch(fault -> fault.startsWith("without a cursor:"));
    }

    @Test
    void whatOneSawHoldsForAll() {
        ledger.begin().publishes("sql").committed();
        ledger.begin().publishes("doubtful").doubtful();
        assertThat(faults(event(1), event(2), event(3), event(4))).containsExactly("missing: sql");
        assertThat(faults(event(1), event(2), event(3), event(4), event("sql", 5), event("doubtful", 6)))
                .isEmpty();

        assertThat(faults(event(1), event(2), event(3), event(4), event("sql", 7)))
                .anyMatch(fault -> fault.startsWith("another cursor than x-5-0"))
                .contains("missing: doubtful at x-6-0");
    }

    @Test
    void oneOffsetForTwoIsFound() {
        ledger.committed(List.of(new Acknowledged("other", cursor(4))));

        assertThat(faults(event(1), event(2), event(3), event(4)))
                .contains("one offset for two: e4 at x-4-0 and other at x-4-0");
    }

    @Test
    void realTimeAndTheOrderWithinATransactionCount() {
        ledger.begin().publishes("first").committed();
        ledger.begin().publishes("second").committed();
        ledger.begin().publishes("a").publishes("b").committed();
        Told[] before = {event(1), event(2), event(3), event(4), event("second", 5), event("first", 6)};

        assertThat(faults(with(before, event("b", 7), event("a", 8))))
                .contains(
                        "committed before second at x-5-0 began, but behind it: first at x-6-0",
                        "out of its transaction's order: a at x-8-0 behind b at x-7-0");
    }

    @Test
    void overlappingTransactionsMayFallEitherWay() {
        Ledger.Transaction one = ledger.begin().publishes("one");
        Ledger.Transaction two = ledger.begin().publishes("two");
        one.committed();
        two.committed();

        assertThat(faults(event(1), event(2), event(3), event(4), event("two", 5), event("one", 6)))
                .isEmpty();
    }

    @Test
    void aGapExcusesWhatItCoversAndNothingElse() {
        Gap twoToThree = new Gap("trimmed", cursor(1), cursor(3), cursor(4));
        assertThat(faults(event(1), twoToThree, event(4))).isEmpty();
        assertThat(faults(twoToThree, event(4))).containsExactly("missing: e1 at x-1-0");
        assertThat(faults(event(1), twoToThree)).containsExactly("missing: e4 at x-4-0");
        assertThat(faults(event(1), twoToThree, event(3), event(4)))
                .singleElement()
                .asString()
                .startsWith("out of order:");
        assertThat(faults(event(1), new Gap("overflow", cursor(1), cursor(1), cursor(4))))
                .isEmpty();
        assertThat(faults(event(1), new Gap("overflow", cursor(2), cursor(1), cursor(4))))
                .containsExactly("missing: e2 at x-2-0");
        assertThat(faults(new Opened(null), new Gap("epoch_changed", null, null, cursor(3)), event(4)))
                .isEmpty();
    }

    @Test
    void whoSawWhatIsLostMustBeTold() {
        ledger.lost(List.of("e3", "e4"));
        ledger.committed(List.of(new Acknowledged("new", "y-3-0")));
        Event another = new Event("acme", "new", "y-3-0", false);
        Gap gap = new Gap("ahead", cursor(4), null, "y-2-0");

        assertThat(faults(event(1), event(2), event(3), event(4), gap, another)).isEmpty();
        assertThat(faults(event(1), event(2), another)).isEmpty();
        assertThat(faults(event(1), event(2), event(3))).contains("lost, and no gap says so: " + event(3));
        assertThat(faults(event(1), event(2), event(3), event(4), another))
                .anyMatch(fault -> fault.contains("which is lost, without a gap"));
    }

    @Test
    void aProvisionalCopyCountsOnce() {
        Event copy = new Event("acme", "e3", null, true);
        assertThat(faults(event(1), event(2), copy, event(4))).isEmpty();
        assertThat(faults(event(1), event(2), copy, new Reached(cursor(3)), event(4)))
                .isEmpty();
        assertThat(faults(event(1), event(2), copy, event(3), event(4)))
                .singleElement()
                .asString()
                .startsWith("twice:");
    }

    @Test
    void aPingIsSupersededByALaterOneOfTheSameThatWasDelivered() {
        ledger.begin().publishes("p1", "orders/1").committed();
        ledger.begin().publishes("p2", "orders/2").committed();
        ledger.begin().publishes("p3", "orders/1").committed();
        Told[] before = {event(1), event(2), event(3), event(4)};
        assertThat(faults(with(before, event("p1", 5), event("p2", 6), event("p3", 7))))
                .isEmpty();

        assertThat(faults(with(before, event("p2", 6), event("p3", 7)))).isEmpty();
        assertThat(faults(with(before, event("p1", 5), event("p3", 7)))).containsExactly("missing: p2 at x-6-0");
        assertThat(faults(with(before, event("p1", 5), event("p2", 6)))).containsExactly("missing: p3 at x-7-0");
    }

    @Test
    void oneEventHasOneCursor() {
        assertThatThrownBy(() -> ledger.committed(List.of(new Acknowledged("e1", cursor(7)))))
                .isInstanceOf(AssertionError.class);
    }

    private List<String> faults(Told... told) {
        return ledger.faults(List.of(told));
    }

    private static Told[] with(Told[] before, Told... more) {
        List<Told> all = new ArrayList<>(Arrays.asList(before));
        all.addAll(Arrays.asList(more));
        return all.toArray(Told[]::new);
    }

    private static Event event(int number) {
        return event("e" + number, number);
    }

    private static Event event(String id, int offset) {
        return new Event("acme", id, cursor(offset), false);
    }

    private static String cursor(int offset) {
        return "x-" + offset + "-0";
    }
}
