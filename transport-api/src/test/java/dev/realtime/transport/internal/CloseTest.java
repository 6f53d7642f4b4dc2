package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.SubscribeRequest;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.internal.equipment.Doors;
import dev.realtime.transport.internal.equipment.Gate;
import dev.realtime.transport.internal.equipment.Listener;
import dev.realtime.transport.internal.equipment.ScriptedAdapter;
import dev.realtime.transport.spi.LogId;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CloseTest {
    private static final SubscribeRequest ACME = SubscribeRequest.of("acme");

    private final ScriptedAdapter adapter = ScriptedAdapter.withOneLog();
    private final PubSub pubSub = Doors.on(adapter);

    @BeforeEach
    void start() {
        adapter.goLive();
    }

    @Test
    void endsEverySubscriptionBehindWhatWaits() {
        Listener listener = new Listener(pubSub, ACME);
        adapter.append("acme", "a");

        pubSub.close();

        listener.hears("open 0", "live", "a@1", "ended");
        assertThat(listener.subscription().mark()).isFalse();
        listener.hearsNothing();
        assertThat(pubSub.stats().subscriptions()).isZero();
    }

    @Test
    void endsWhoReplaysAndWhoWaitsForTheTransport() {
        adapter.append("acme", "a");
        Gate gate = new Gate();
        adapter.reading(gate);
        Listener replaying =
                new Listener(pubSub, ACME.from(adapter.position(LogId.SHARED, 0).cursor()));
        gate.awaitPage();
        pubSub.close();
        gate.open();
        replaying.hears("ended");

        ScriptedAdapter never = ScriptedAdapter.withOneLog();
        PubSub starting = Doors.on(never);
        Listener waiting = new Listener(starting, ACME);
        starting.close();
        waiting.hears("ended");
    }

    @Test
    void whoSubscribesToAClosedFrontDoorIsEndedAtOnce() {
        pubSub.close();

        new Listener(pubSub, ACME).hears("ended");
        new Listener(pubSub, ACME.from("e1-0-0")).hears("ended");
    }

    @Test
    void everySubscriptionEndsHoweverItRacesWithTheClose() throws InterruptedException {
        for (int i = 0; i < 200; i++) {
            ScriptedAdapter racing = new ScriptedAdapter(false);
            PubSub door = Doors.on(racing);
            Thread closer = new Thread(door::close, "closer");
            closer.start();
            Listener listener = new Listener(door, SubscribeRequest.of("org" + i));
            closer.join();

            assertThat(listener.next(1)).containsExactly("ended");
        }
    }

    @Test
    void closingAgainDoesNothing() {
        pubSub.close();
        pubSub.close();

        assertThat(pubSub.status().state()).isEqualTo(TransportStatus.State.CLOSED);
    }

    @Test
    void positionOfAClosedFrontDoorFails() {
        pubSub.close();

        assertThat(pubSub.position("acme"))
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(TransportUnavailableException.class);
    }

    @Test
    void leavesNoThreadBehind() {
        new Listener(pubSub, ACME.from(adapter.head(LogId.SHARED).cursor())).hears("open 0 resumed", "live");
        assertThat(threads()).isPositive();

        pubSub.close();

        Awaitility.await().untilAsserted(() -> assertThat(threads()).isZero());
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("realtime-"))
                .count();
    }
}
