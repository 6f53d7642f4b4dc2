package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** U: what holds while the backend is unreachable, and afterwards. */
public abstract class OutageRules extends ContractRules<RestartableBackend> {
    protected OutageRules(Supplier<? extends RestartableBackend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("U1 started while the backend is down: start returns at once, and it is DOWN with a cause of one line")
    void startedWithoutBackend() {
        backend().stop();

        long begun = System.nanoTime();
        Instance instance = startInstance();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);

        assertThat(took).isLessThan(Patience.AT_ONCE);
        TransportStatus down = instance.sink().awaitStatus(State.DOWN);
        assertThat(instance.adapter().status().state()).isEqualTo(State.DOWN);
        assertThat(down.cause()).isNotBlank().hasSizeLessThan(500).doesNotContain("\n", "\r", "\tat ", "Caused by");
    }

    @Test
    @DisplayName("U2 started while the backend is down, it works as if nothing had been once the backend is there")
    void healsAfterAStartWithoutBackend() {
        backend().stop();
        Instance instance = startInstance().follow(ACME);
        TransportStatus down = instance.sink().awaitStatus(State.DOWN);

        backend().start();

        TransportStatus live = instance.sink().awaitStatus(State.LIVE);
        assertThat(live.cause()).isNull();
        assertThat(live.since()).isAfterOrEqualTo(down.since());
        instance.startOf(ACME);
        Envelope event = Envelopes.of(ACME);
        instance.publish(event);
        assertThat(instance.heard(ACME)).extracting(LogEntry::envelope).containsExactly(event);
    }

    @Test
    @DisplayName("U3 while down, publish returns at once and fails with TransportUnavailableException within 10 s")
    void publishWhileDownFailsInTime() {
        Instance instance = downInstance();

        long begun = System.nanoTime();
        CompletableFuture<List<Position>> publication = instance.adapter().publish(Envelopes.several(ACME, 1));
        Duration took = Duration.ofNanos(System.nanoTime() - begun);

        assertThat(took).isLessThan(Patience.AT_ONCE);
        assertThat(Instance.failure(publication)).isInstanceOf(TransportUnavailableException.class);
    }

    @Test
    @DisplayName("U4 while down, read and range fail with TransportUnavailableException within 10 s each")
    void readWhileDownFailsInTime() {
        Instance instance = instance();
        Position head = instance.range(ACME).head();
        backend().stop();

        assertUnavailableInTime(() -> instance.read(ACME, head));
        assertUnavailableInTime(() -> instance.range(ACME));
    }

    @Test
    @DisplayName("U5 close returns within 10 s while the backend is down")
    void closesWhileDown() {
        Instance instance = downInstance();

        long begun = System.nanoTime();
        instance.close();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);

        assertThat(took).isLessThan(Patience.BOUND);
        assertThat(instance.adapter().status().state()).isEqualTo(State.CLOSED);
    }

    @Test
    @DisplayName("U6 across an outage every instance hears every committed entry once, in order, without a gap")
    void outageLosesNothing() {
        List<Instance> instances = List.of(instance(), instance(), instance());
        List<Envelope> events = Envelopes.several(ACME, 20);
        instances.get(0).publish(events.subList(0, 10));
        backend().stop();
        instances.forEach(instance -> instance.sink().awaitStatus(State.DOWN));

        backend().start();
        instances.get(1).sink().awaitStatus(State.LIVE); // the others may still be on their way back
        instances.get(1).publish(events.subList(10, 20));
        String marker = instances.get(1).publishMarker(ACME);

        instances.forEach(instance -> instance.sink().awaitStatus(State.LIVE));
        for (Instance instance : instances) {
            assertThat(envelopes(instance.heardBehind(ACME, marker))).isEqualTo(events);
            assertThat(instance.sink().calls(Call.Lost.class)).isEmpty();
        }
    }

    @Test
    @DisplayName("U7 what an outage interrupted, published again under the same ids, is in the log exactly once")
    void retryAfterAnOutagePublishesOnce() {
        Instance instance = instance();
        Position before = instance.range(ACME).head();
        List<Envelope> events = Envelopes.several(ACME, 200);
        List<CompletableFuture<List<Position>>> interrupted = new ArrayList<>();
        events.subList(0, 100)
                .forEach(event -> interrupted.add(instance.adapter().publish(List.of(event))));
        backend().stop();
        events.subList(100, 200)
                .forEach(event -> interrupted.add(instance.adapter().publish(List.of(event))));
        List<Position> answered = new ArrayList<>();
        interrupted.forEach(publication -> answered.addAll(Instance.positionsUnlessUnavailable(publication)));
        instance.sink().awaitStatus(State.DOWN);

        backend().start();
        instance.sink().awaitStatus(State.LIVE);
        List<Position> again = instance.publish(events);

        assertThat(again).containsAll(answered).doesNotHaveDuplicates();
        assertThat(envelopes(instance.readAll(ACME, before))).containsExactlyInAnyOrderElementsOf(events);
        assertThat(envelopes(instance.heard(ACME))).containsExactlyInAnyOrderElementsOf(events);
    }

    private Instance downInstance() {
        Instance instance = instance();
        backend().stop();
        instance.sink().awaitStatus(State.DOWN);
        return instance;
    }

    private static void assertUnavailableInTime(Runnable question) {
        long begun = System.nanoTime();
        assertThatExceptionOfType(TransportUnavailableException.class).isThrownBy(question::run);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Patience.BOUND);
    }
}
