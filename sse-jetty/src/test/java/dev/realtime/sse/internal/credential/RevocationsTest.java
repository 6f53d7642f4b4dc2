package dev.realtime.sse.internal.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.realtime.sse.Caller;
import dev.realtime.sse.EndpointOptions;
import dev.realtime.sse.internal.stream.StreamMeters;
import dev.realtime.sse.internal.stream.Streams;
import dev.realtime.transport.Delivery;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.runtime.Supervisor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an instance makes of what it hears, whatever the log does. */
class RevocationsTest {
    private static final Position HEAD = new Position("e", 7, "abcdef");
    private static final Delivery.Opened OPENED = new Delivery.Opened(HEAD, false);

    private final ScriptedLog log = new ScriptedLog();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Streams streams =
            new Streams(EndpointOptions.DEFAULTS, new StreamMeters(meters), () -> true, Supervisor.standard());
    private final Instant now = Instant.now();
    private Revocations revocations;

    @AfterEach
    void close() {
        if (revocations != null) {
            revocations.close();
        }
        streams.close();
    }

    @Test
    void hearsTheLogFromItsStartThoughItWasTrimmed() {
        start();
        assertThat(log.requests.get(0).cursor()).isEqualTo("e-0-0");
        log.tell(new Delivery.Gap(GapReason.TRIMMED, "e-0-0", HEAD, HEAD), OPENED);
        log.tell(revoked("ann"), Duration.ofMinutes(5), 3);
        assertThat(revocations.awaitReplayed(Duration.ofMillis(1))).isFalse();
        log.tell(new Delivery.Live());

        assertThat(revocations.awaitReplayed(Duration.ofSeconds(20))).isTrue();
        assertThat(revocations.covers(ann(now))).isTrue();
        assertThat(gaps()).isZero();
    }

    @Test
    void waitsForATransportThatIsAway() {
        log.state = State.DOWN;
        revocations = new Revocations(log, streams::revoke, Clock.systemUTC(), meters);
        assertThat(revocations.covers(ann(now))).isFalse();
        log.state = State.LIVE;
        await().until(() -> log.requests.size() == 1);
    }

    @Test
    void aLostRangeIsCountedAndAfterALostLogItBeginsAgainAtTheNewOnesStart() {
        start();
        log.tell(OPENED, new Delivery.Live(), new Delivery.Gap(GapReason.TRIMMED, "e-5-abcdef", HEAD, HEAD));
        await().until(() -> gaps() == 1);
        assertThat(log.requests).hasSize(1);

        log.tell(revoked("ann"), Duration.ZERO, 8);
        log.epoch = "f";
        log.tell(new Delivery.Gap(GapReason.EPOCH_CHANGED, "e-5-abcdef", HEAD, HEAD));
        await().until(() -> log.requests.size() == 2);
        assertThat(gaps()).isEqualTo(2);
        assertThat(log.requests.get(1).cursor()).isEqualTo("f-0-0");
        assertThat(revocations.covers(ann(now))).as("what was known holds").isTrue();
    }

    @Test
    void whatTheTransportHasNotSeenYetHoldsHereAndWhatIsKnownHoldsWithoutIt() {
        start();
        log.tell(revoked("ann"), Duration.ZERO, 0);
        await().until(() -> revocations.covers(ann(now)));
        log.state = State.DOWN;
        assertThat(revocations.covers(ann(now))).isTrue();
        assertThat(revocations.covers(ann(now.plus(Duration.ofHours(1))))).isFalse();
    }

    @Test
    void whatIsNoRevocationChangesNothing() {
        start();
        Event sound = revoked("ann");
        for (String payload : new String[] {
            "{}",
            "5",
            "{\"org_id\":\"acme\"}",
            "{\"org_id\":\"acme\",\"revoked_at\":\"now\",\"until\":\"later\"}",
            sound.payload().toString().replaceAll("\"until\":\"[^\"]*", "\"until\":\"2999-01-01T00:00:00Z"),
            sound.payload().toString().replaceAll("\"until\":\"[^\"]*", "\"until\":\"1999-01-01T00:00:00Z"),
            sound.payload().toString().replace("{", "{\"more\":1,"),
        }) {
            log.tell(sound.withPayload(payload), Duration.ZERO, 1);
        }
        log.tell(sound.withId("an-id-of-ones-own"), Duration.ZERO, 2);
        log.tell(new Delivery.Live());

        assertThat(revocations.awaitReplayed(Duration.ofSeconds(20))).isTrue();
        assertThat(revocations.covers(ann(now))).isFalse();
        assertThat(meters.get("realtime.revocations").gauge().value()).isZero();
    }

    @Test
    void whatIsOldIsSaidAgainUnderTheNextNumberAndOnlyWhileTheTransportIsThere() {
        log.state = State.LIVE;
        start();
        log.tell(revoked("bob"), Duration.ofSeconds(1), 1);
        log.tell(revoked("ann"), Duration.ofSeconds(11), 2);

        await().until(() -> !log.published.isEmpty());
        assertThat(log.published).singleElement().satisfies(again -> {
            assertThat(again.id()).isEqualTo(revoked("ann").id().replaceAll(":0$", ":1"));
            assertThat(again.payload()).isEqualTo(revoked("ann").payload());
        });
    }

    @Test
    void whenItIsFullThereIsRoomForThoseAlreadyRevokedOnly() {
        start();
        for (int i = 0; i < Revocations.MOST; i++) {
            log.tell(revoked("user-" + i), Duration.ZERO, i + 1);
        }
        log.tell(new Delivery.Live());
        assertThat(revocations.awaitReplayed(Duration.ofSeconds(20))).isTrue();
        assertThat(meters.get("realtime.revocations").gauge().value()).isEqualTo(Revocations.MOST);

        assertThat(revocations.hasRoomFor(new Revocation("acme", "user-7", now, now.plusSeconds(1))))
                .isTrue();
        assertThat(revocations.hasRoomFor(new Revocation("acme", "one-more", now, now.plusSeconds(1))))
                .isFalse();
    }

    @Test
    void aMomentThatIsStillToComeCountsForNothing() {
        start();
        Instant future = now.plus(Duration.ofDays(1));
        log.tell(new Revocation("acme", "ann", future, future.plus(Duration.ofHours(1))).event(0), Duration.ZERO, 1);
        log.tell(new Delivery.Live());

        assertThat(revocations.awaitReplayed(Duration.ofSeconds(20))).isTrue();
        assertThat(revocations.covers(ann(now))).isFalse();
    }

    private void start() {
        revocations = new Revocations(log, streams::revoke, Clock.systemUTC(), meters);
        await().until(() -> log.requests.size() == 1);
    }

    private double gaps() {
        return meters.get("realtime.revocations.gaps").counter().count();
    }

    private Event revoked(String user) {
        return new Revocation("acme", user, now, now.plus(Duration.ofHours(1))).event(0);
    }

    private static Caller ann(Instant issuedAt) {
        return Caller.of("acme").withUser("ann").issuedAt(issuedAt);
    }
}
