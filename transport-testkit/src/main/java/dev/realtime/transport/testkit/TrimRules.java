package dev.realtime.transport.testkit;

import static dev.realtime.transport.testkit.Instance.gap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** T: what stays true of a log when its oldest entries are gone. */
public abstract class TrimRules extends ContractRules<TrimmableBackend> {
    protected TrimRules(Supplier<? extends TrimmableBackend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("T1 a position before the floor is a gap, TRIMMED; from where it resumes comes all that is still held")
    void beforeTheFloorIsAGap() {
        Instance instance = instance();
        List<Position> old = instance.publish(Envelopes.several(ACME, 5));
        backend().expireAll();
        List<Envelope> held = Envelopes.several(ACME, 3);
        List<Position> young = instance.publish(held);

        LogPage.Gap gap = gap(instance.read(ACME, old.get(2)));

        assertThat(gap.reason()).isEqualTo(GapReason.TRIMMED);
        assertThat(gap.range()).isEqualTo(new LogRange(old.get(4), young.get(2)));
        assertThat(gap.resumesAt()).isEqualTo(old.get(4));
        assertThat(envelopes(instance.readAll(ACME, gap.resumesAt()))).isEqualTo(held);
    }

    @Test
    @DisplayName("T2 the offset 0 of a log that was trimmed is a gap, TRIMMED")
    void zeroOfATrimmedLogIsAGap() {
        Instance instance = instance();
        Position zero = instance.range(ACME).head();
        Position last = instance.publish(Envelopes.of(ACME));
        backend().expireAll();

        LogPage.Gap gap = gap(instance.read(ACME, zero));

        assertThat(gap.reason()).isEqualTo(GapReason.TRIMMED);
        assertThat(gap.resumesAt()).isEqualTo(last);
    }

    @Test
    @DisplayName("T3 an idle log that was trimmed whole still knows its head, for a new instance too")
    void trimmedLogKnowsItsHead() {
        Position last = instance().publish(Envelopes.several(ACME, 3)).get(2);
        backend().expireAll();

        Instance late = instance();

        assertThat(late.range(ACME)).isEqualTo(new LogRange(last, last));
        assertThat(late.startOf(ACME)).isEqualTo(last);
        assertThat(late.read(ACME, last)).isEqualTo(new LogPage.Entries(List.of(), last));
    }

    @Test
    @DisplayName("T4 offsets go on after a trim: the next event's is higher, its position follows the old head")
    void offsetsGoOn() {
        Instance instance = instance();
        Position last = instance.publish(Envelopes.several(ACME, 3)).get(2);
        backend().expireAll();

        Position next = instance.publish(Envelopes.of(ACME));

        assertThat(next.offset()).isGreaterThan(last.offset());
        assertThat(next.epoch()).isEqualTo(last.epoch());
        assertThat(positions(instance.readAll(ACME, last))).containsExactly(next);
    }

    @Test
    @DisplayName("T5 the floor is verified too: a wrong check at its offset is a gap, EPOCH_CHANGED")
    void wrongCheckAtTheFloorIsAGap() {
        Instance instance = instance();
        Position last = instance.publish(Envelopes.several(ACME, 3)).get(2);
        backend().expireAll();
        Position head = instance.publish(Envelopes.of(ACME));
        Position wrong = new Position(last.epoch(), last.offset(), Position.checkOf("an event that never was"));

        LogPage.Gap gap = gap(instance.read(ACME, wrong));

        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(head);
    }

    @Test
    @DisplayName("T6 an id is free again when its event was trimmed, for another event too")
    void idIsFreeAfterATrim() {
        Instance instance = instance();
        Envelope event = Envelopes.of(ACME);
        Envelope other = Envelopes.withPayload(event, JsonPayload.EMPTY);
        Position first = instance.publish(event);
        instance.sink().awaitId(event.id());
        backend().expireAll();

        Position second = instance.publish(other);

        assertThat(second.offset()).isGreaterThan(first.offset());
        assertThat(instance.heard(ACME)).extracting(LogEntry::envelope).containsExactly(event, other);
    }
}
