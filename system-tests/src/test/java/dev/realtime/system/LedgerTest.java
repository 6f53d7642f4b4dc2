package dev.realtime.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.system.GatewayClient.Acknowledged;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The judge can say no: each kind of fault is found, and nothing else is. */
class LedgerTest {
    private final Ledger ledger = new Ledger("acme");

    @BeforeEach
    void fourEvents() {
        for (int i = 1; i <= 4; i++) {
            ledger.committed(List.of(new Acknowledged("e" + i, "x-" + i + "-0")));
        }
    }

    @Test
    void allInOrderIsRight() {
        assertThat(ledger.faults(events(1, 2, 3, 4))).isEmpty();
    }

    @Test
    void aHoleIsFound() {
        assertThat(ledger.faults(events(1, 2, 4))).containsExactly("missing: e3 at x-3-0");
    }

    @Test
    void aMissingEndIsFound() {
        assertThat(ledger.faults(events(1, 2, 3))).containsExactly("missing: e4 at x-4-0");
    }

    @Test
    void twiceIsFound() {
        assertThat(ledger.faults(events(1, 2, 2, 3, 4)))
                .singleElement()
                .asString()
                .startsWith("twice:");
    }

    @Test
    void reorderingIsFound() {
        assertThat(ledger.faults(events(1, 3, 2, 4))).anyMatch(fault -> fault.startsWith("out of order:"));
    }

    @Test
    void foreignAndUnknownEventsAreFound() {
        List<Frame> frames = new ArrayList<>(events(1, 2, 3, 4));
        frames.add(frame("globex", "e9", "x-9-0", false));
        frames.add(frame("acme", "e8", "x-8-0", false));

        assertThat(ledger.faults(frames)).hasSize(2);
        assertThat(ledger.faults(frames).get(0)).startsWith("somebody else's:");
        assertThat(ledger.faults(frames).get(1)).startsWith("never committed:");
    }

    @Test
    void anotherCursorIsFound() {
        List<Frame> frames = new ArrayList<>(events(1, 2, 3));
        frames.add(frame("acme", "e4", "x-5-0", false));

        assertThat(ledger.faults(frames)).singleElement().asString().startsWith("another cursor than x-4-0");
    }

    @Test
    void aGapExcusesTheHoleThatItStandsIn() {
        List<Frame> frames = new ArrayList<>(events(1));
        frames.add(new Frame(1, "realtime.gap", null, "{}", null));
        frames.addAll(events(4));
        assertThat(ledger.faults(frames)).isEmpty();

        frames = new ArrayList<>(List.of(new Frame(1, "realtime.gap", null, "{}", null)));
        frames.addAll(events(1, 4));
        assertThat(ledger.faults(frames)).hasSize(2);
    }

    @Test
    void aProvisionalCopyCountsOnce() {
        List<Frame> frames = new ArrayList<>(events(1, 2));
        frames.add(frame("acme", "e3", null, true));
        frames.addAll(events(4));
        assertThat(ledger.faults(frames)).isEmpty();

        frames.addAll(events(3));
        assertThat(ledger.faults(frames)).singleElement().asString().startsWith("twice:");
    }

    @Test
    void oneEventHasOneCursor() {
        assertThatThrownBy(() -> ledger.committed(List.of(new Acknowledged("e1", "x-7-0"))))
                .isInstanceOf(AssertionError.class);
    }

    private static List<Frame> events(int... numbers) {
        List<Frame> frames = new ArrayList<>();
        for (int number : numbers) {
            frames.add(frame("acme", "e" + number, "x-" + number + "-0", false));
        }
        return frames;
    }

    private static Frame frame(String organisation, String eventId, String cursor, boolean provisional) {
        String data =
                "{\"id\":\"" + eventId + "\",\"org_id\":\"" + organisation + "\",\"provisional\":" + provisional + "}";
        return new Frame(1, null, cursor, data, null);
    }
}
