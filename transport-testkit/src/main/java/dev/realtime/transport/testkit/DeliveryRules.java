package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogId;
import dev.realtime.transport.testkit.RecordingSink.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** D: what every instance is told of the log. */
public abstract class DeliveryRules extends ContractRules<Backend> {
    protected DeliveryRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("D1 every instance, the publisher too, is told each entry exactly once, in the log's order")
    void everyInstanceHearsEachEntryOnce() {
        List<Instance> instances = List.of(instance(), instance(), instance());
        Position before = instances.get(0).range(ACME).head();

        String marker = publishFromAll(instances, 40);

        List<LogEntry> log = instances.get(0).readAll(ACME, before);
        for (Instance instance : instances) {
            List<LogEntry> heard = instance.heardBehind(ACME, marker);
            assertThat(positions(heard)).isEqualTo(positions(log.subList(0, 120)));
            assertThat(envelopes(heard)).isEqualTo(envelopes(log.subList(0, 120)));
        }
    }

    @Test
    @DisplayName("D2 what is heard is never published again: N publications by three instances are N entries")
    void nothingHeardIsPublishedAgain() {
        List<Instance> instances = List.of(instance(), instance(), instance());
        Position before = instances.get(0).range(ACME).head();

        publishFromAll(instances, 20);
        for (Instance instance : instances) {
            instance.heard(ACME);
        }

        List<Envelope> log = envelopes(instances.get(0).readAll(ACME, before));
        assertThat(log).hasSize(60 + 1 + 3 * 2).doesNotHaveDuplicates();
    }

    @Test
    @DisplayName("D3 a log is started exactly once, before its first delivery")
    void startedOnceBeforeTheFirstDelivery() {
        Instance instance = instance();

        instance.sink().awaitId(publishFromAll(List.of(instance), 20));

        LogId log = instance.adapter().logOf(ACME);
        List<Call> ofTheLog = instance.sink().calls().stream()
                .filter(call -> log.equals(
                        call instanceof Call.Started started
                                ? started.log()
                                : call instanceof Call.Delivered delivered ? delivered.log() : null))
                .toList();
        assertThat(ofTheLog.get(0)).isInstanceOf(Call.Started.class);
        assertThat(ofTheLog.subList(1, ofTheLog.size())).isNotEmpty().hasOnlyElementsOfType(Call.Delivered.class);
    }

    @Test
    @DisplayName("D4 an instance hears nothing that the log had before it started")
    void nothingFromBeforeTheStart() {
        Instance publisher = instance();
        List<Position> before = publisher.publish(Envelopes.several(ACME, 3));

        Instance late = instance();
        List<Envelope> after = Envelopes.several(ACME, 3);
        publisher.publish(after);

        assertThat(late.startOf(ACME)).isEqualTo(before.get(2));
        assertThat(late.heard(ACME)).extracting(LogEntry::envelope).isEqualTo(after);
    }

    @Test
    @DisplayName("D5 an instance that starts under load hears everything after the position it started at")
    void startUnderLoadHasNoGap() {
        Instance publisher = instance();
        Position before = publisher.range(ACME).head();
        List<CompletableFuture<List<Position>>> load = new ArrayList<>();
        List<Instance> late = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            late.add(startInstance().follow(ACME));
            for (Envelope event : Envelopes.several(ACME, 50)) {
                load.add(publisher.adapter().publish(List.of(event)));
            }
        }
        late.forEach(instance -> instance.startOf(ACME));
        load.forEach(Instance::committed);
        String marker = publisher.publishMarker(ACME);

        List<LogEntry> log = publisher.readAll(ACME, before);
        for (Instance instance : late) {
            long start = instance.startOf(ACME).offset();
            assertThat(positions(instance.heardBehind(ACME, marker)))
                    .isEqualTo(positions(log.subList(0, 250)).stream()
                            .filter(position -> position.offset() > start)
                            .toList());
        }
    }

    @Test
    @DisplayName("D6 a delivery's position is never before its last entry, and nothing at or before it follows")
    void deliveryPositionsKeepTheirWord() {
        Instance instance = instance();

        String marker = publishFromAll(List.of(instance, instance(), instance()), 100);
        instance.sink().awaitId(marker);

        long told = instance.startOf(ACME).offset();
        for (Call.Delivered delivered : instance.sink().calls(Call.Delivered.class)) {
            List<Long> offsets = offsets(positions(delivered.entries()));
            assertThat(offsets).isSorted().doesNotHaveDuplicates();
            assertThat(offsets.get(0)).isGreaterThan(told);
            assertThat(delivered.through().offset()).isGreaterThanOrEqualTo(offsets.get(offsets.size() - 1));
            told = delivered.through().offset();
        }
    }

    @Test
    @DisplayName("D7 the sink is called by one thread at a time, with any number of logs and publishers")
    void sinkCallsNeverOverlap() {
        List<Instance> instances = List.of(instance(), instance(), instance());
        instances.forEach(instance -> instance.hear(ACME, GLOBEX));
        List<CompletableFuture<List<Position>>> load = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            for (Instance instance : instances) {
                load.add(instance.adapter().publish(List.of(Envelopes.of(ACME))));
                load.add(instance.adapter().publish(List.of(Envelopes.of(GLOBEX))));
            }
        }
        load.forEach(Instance::committed);

        for (Instance instance : instances) {
            assertThat(instance.heard(ACME)).hasSize(300);
            assertThat(instance.heard(GLOBEX)).hasSize(300);
            instance.sink().assertCallsNeverOverlapped();
        }
    }

    @Test
    @DisplayName("D8 an entry is the same wherever it comes from: publisher's answer, delivery and read")
    void answerDeliveryAndReadAgree() {
        Instance publisher = instance();
        Instance listener = instance();
        Position before = publisher.range(ACME).head();
        List<Envelope> events = Envelopes.several(ACME, 10);

        List<Position> answered = publisher.publish(events);

        List<LogEntry> heard = listener.heard(ACME);
        assertThat(positions(heard)).isEqualTo(answered);
        assertThat(heard).isEqualTo(listener.readAll(ACME, before).subList(0, 10));
    }

    /** Each instance publishes so many, all at once; the id of one more event that is behind them all. */
    private static String publishFromAll(List<Instance> instances, int each) {
        List<CompletableFuture<List<Position>>> load = Stream.iterate(0, i -> i < each, i -> i + 1)
                .flatMap(i -> instances.stream())
                .map(instance -> instance.adapter().publish(List.of(Envelopes.of(ACME))))
                .toList();
        load.forEach(Instance::committed);
        return instances.get(0).publishMarker(ACME);
    }
}
