package dev.realtime.transport.testkit;

import static dev.realtime.transport.testkit.Instance.gap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.testkit.checks.Patience;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** X: a backend that lost its log never passes for the one it was. */
public abstract class LostLogRules extends ContractRules<ForgetfulBackend> {
    protected LostLogRules(Supplier<? extends ForgetfulBackend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("X1 a log that was lost comes back under another epoch")
    void newLogHasAnotherEpoch() {
        Instance instance = instance();
        Position before = instance.publish(Envelopes.of(ACME));

        backend().loseEverything();

        assertThat(instance().range(ACME).head().epoch()).isNotEqualTo(before.epoch());
    }

    @Test
    @DisplayName(
            "X2 a position of the lost log is a gap that resumes at the head, before and after the new one passes it")
    void oldPositionIsAGap() {
        Position old = instance().publish(Envelopes.several(ACME, 3)).get(2);
        backend().loseEverything();
        Instance instance = instance();

        Position early = instance.publish(Envelopes.of(ACME));
        LogPage.Gap shorter = gap(instance.read(ACME, old));
        Position late = instance.publish(Envelopes.several(ACME, 5)).get(4);
        LogPage.Gap longer = gap(instance.read(ACME, old));

        assertThat(shorter.reason()).isIn(GapReason.EPOCH_CHANGED, GapReason.AHEAD);
        assertThat(shorter.resumesAt()).isEqualTo(early);
        assertThat(longer.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(longer.resumesAt()).isEqualTo(late);
    }

    @Test
    @DisplayName("X4 a tail that was heard and lost is told to whoever was away since before it, too")
    void lostTailIsToldToWhoWasAway() {
        Instance listener = instance();
        Position away = listener.publish(Envelopes.several(ACME, 3)).get(2);
        backend().keep();
        Envelope lost = Envelopes.of(ACME);
        listener.publish(lost);
        listener.sink().awaitId(lost.id());

        backend().loseWhatCameSince();
        LogPage.Gap told = listener.sink().awaitGap();
        Instance later = instance();
        Position head = later.publish(Envelopes.several(ACME, 3)).get(2);
        LogPage.Gap gap = gap(later.read(ACME, away));

        assertThat(told.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH_CHANGED);
        assertThat(gap.resumesAt()).isEqualTo(head);
        assertThat(head.epoch()).isEqualTo(told.resumesAt().epoch()).isNotEqualTo(away.epoch());
    }

    @Test
    @DisplayName("X5 so is a tail that was acknowledged, though nobody had heard it")
    void acknowledgedTailIsToldThoughNobodyHeardIt() {
        Instance publisher = startInstance();
        Patience.await().until(() -> publisher.adapter().status().state().flows());
        Position away = publisher.publish(Envelopes.several(ACME, 3)).get(2);
        backend().keep();
        publisher.publish(Envelopes.of(ACME));

        backend().loseWhatCameSince();
        Instance reader = instance();
        Patience.await().until(() -> reader.read(ACME, away) instanceof LogPage.Gap);

        assertThat(gap(reader.read(ACME, away)).reason()).isEqualTo(GapReason.EPOCH_CHANGED);
    }

    @Test
    @DisplayName("X6 however many instances find that the tail is lost, one epoch begins, and each is told it once")
    void oneEpochBeginsHoweverManyFindIt() {
        List<Instance> listeners = List.of(instance(), instance(), instance());
        listeners.get(0).publish(Envelopes.several(ACME, 3));
        backend().keep();
        for (Instance publisher : listeners) {
            String last = publisher.publishMarker(ACME);
            listeners.forEach(listener -> listener.sink().awaitId(last));
        }

        backend().loseWhatCameSince();
        listeners.forEach(listener -> listener.sink().awaitGap());
        String marker = instance().publishMarker(ACME);
        listeners.forEach(listener -> listener.sink().awaitId(marker));

        assertThat(listeners)
                .allSatisfy(listener -> assertThat(listener.sink().calls(RecordingSink.Call.Lost.class))
                        .singleElement()
                        .satisfies(lost -> assertThat(lost.gap().reason()).isEqualTo(GapReason.EPOCH_CHANGED)));
        assertThat(listeners.stream()
                        .map(listener -> listener.sink().awaitGap().resumesAt().epoch())
                        .distinct())
                .containsExactly(instance().range(ACME).head().epoch());
    }

    @Test
    @DisplayName("X3 an instance that was running is told the gap, then hears all that is published after it")
    void runningInstanceIsToldTheGap() {
        Instance listener = instance();
        Envelope before = Envelopes.of(ACME);
        listener.publish(before);
        listener.sink().awaitId(before.id());

        backend().loseEverything();
        Instance publisher = instance();
        Patience.await().until(() -> {
            publisher.publish(Envelopes.of(ACME));
            return !listener.sink().calls(RecordingSink.Call.Lost.class).isEmpty();
        });
        publisher.publish(Envelopes.several(ACME, 5));
        String marker = publisher.publishMarker(ACME);

        LogPage.Gap gap = listener.sink().awaitGap();
        List<LogEntry> heard = listener.heardBehind(ACME, marker);
        List<LogEntry> log = Instance.withoutMarkers(publisher.readAll(ACME, gap.resumesAt()));
        assertThat(gap.reason()).isIn(GapReason.EPOCH_CHANGED, GapReason.AHEAD);
        assertThat(heard.get(0).envelope()).isEqualTo(before);
        assertThat(heard.subList(1, heard.size())).isEqualTo(log);
    }
}
