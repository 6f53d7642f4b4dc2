package dev.realtime.transport.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.checks.Patience;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** L: how an adapter comes and goes. */
public abstract class LifecycleRules extends ContractRules<Backend> {
    /** How long silence is listened to. */
    private static final Duration NOTHING_MORE = Duration.ofMillis(300);

    protected LifecycleRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("L1 an adapter is LIVE within 10 s of its start, tells the sink so, and says since when")
    void becomesLive() {
        Instant before = Instant.now().minusMillis(1);
        Instance instance = startInstance();

        Patience.await()
                .atMost(Patience.BOUND)
                .until(() -> instance.adapter().status().state() == State.LIVE);

        TransportStatus told = instance.sink().awaitStatus(State.LIVE);
        assertThat(told).isEqualTo(instance.adapter().status());
        assertThat(told.since()).isBetween(before, Instant.now());
        assertThat(told.cause()).isNull();
    }

    @Test
    @DisplayName("L2 closing again, from any thread, does nothing more; the status is CLOSED since the first time")
    void closeIsIdempotent() {
        Instance instance = instance();
        instance.close();
        TransportStatus closed = instance.adapter().status();

        CompletableFuture.runAsync(instance::close)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        instance.close();

        assertThat(closed.state()).isEqualTo(State.CLOSED);
        assertThat(instance.adapter().status()).isEqualTo(closed);
    }

    @Test
    @DisplayName("L3 whoever asks a closed adapter gets TransportUnavailableException: publish, read and range")
    void closedAdapterRefuses() {
        Instance instance = instance();
        Position head = instance.range(ACME).head();
        instance.close();

        assertThat(Instance.failure(instance.adapter().publish(Envelopes.several(ACME, 1))))
                .isInstanceOf(TransportUnavailableException.class);
        assertThatExceptionOfType(TransportUnavailableException.class).isThrownBy(() -> instance.read(ACME, head));
        assertThatExceptionOfType(TransportUnavailableException.class).isThrownBy(() -> instance.range(ACME));
    }

    @Test
    @DisplayName("L4 the sink hears nothing more once close has returned, while other instances hear on")
    void nothingHeardAfterClose() {
        Instance closing = instance();
        Instance staying = instance();
        List<CompletableFuture<List<Position>>> load = new ArrayList<>();
        for (Envelope event : Envelopes.several(ACME, 300)) {
            load.add(staying.adapter().publish(List.of(event)));
        }

        closing.close();
        int heard = closing.sink().calls().size();
        load.forEach(Instance::committed);

        assertThat(staying.heard(ACME)).hasSize(300);
        await().during(NOTHING_MORE).until(() -> closing.sink().calls().size() == heard);
    }

    @Test
    @DisplayName("L5 no thread named realtime-… is left behind by adapters that worked, or were closed at once")
    void noThreadIsLeftBehind() {
        Set<Thread> before = LeakCheck.running();
        Instance busy = instance();
        busy.publish(Envelopes.several(ACME, 10));
        Instance brief = startInstance();
        Set<Thread> during = LeakCheck.running();
        during.removeAll(before);

        brief.close();
        busy.close();

        assertThat(during).as("threads while it runs").isNotEmpty();
        LeakCheck.assertNothingNewSince(before);
    }

    @Test
    @DisplayName("L6 closed while it publishes, every publication ends within 10 s, and those answered are in the log")
    void closeEndsEveryPublication() {
        Instance closing = instance();
        Instance staying = instance();
        Position before = staying.range(ACME).head();
        List<CompletableFuture<List<Position>>> load = Envelopes.several(ACME, 300).stream()
                .map(event -> closing.adapter().publish(List.of(event)))
                .toList();

        closing.close();

        List<Position> answered = new ArrayList<>();
        for (CompletableFuture<List<Position>> publication : load) {
            answered.addAll(Instance.positionsUnlessUnavailable(publication));
        }
        assertThat(positions(staying.readAll(ACME, before))).containsAll(answered);
    }
}
