package dev.realtime.transport.redis.internal;

import static dev.realtime.transport.redis.internal.Instance.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.WritesRefusedException;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.RecordingSink.Call;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnRedis;
import dev.realtime.transport.testkit.servers.TcpProxy;
import io.lettuce.core.KillArgs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/** What a server can do to the adapter. */
@ExtendWith(LeakCheck.class)
class RedisFaultsTest {
    private static final Duration WINDOW = Duration.ofMinutes(10);

    private final OwnRedis server = OwnRedis.started();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private Instance instance;

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        log.start();
        rootLogger().addAppender(log);
    }

    @AfterEach
    void close() {
        if (instance != null) {
            instance.close();
        }
        rootLogger().detachAppender(log);
        server.close();
    }

    @Test
    void absentAtStartIsOneLineUntilItIsThere() throws Exception {
        server.stop();
        instance = new Instance(server.url(), "absent", WINDOW);
        String where = "127.0.0.1:" + server.port();

        TransportStatus down = instance.sink().awaitStatus(State.DOWN);
        assertThat(down.cause()).isEqualTo("redis: cannot reach " + where + " (connection refused)");
        server.start();
        instance.live();

        assertThat(instance.adapter().status().cause()).isNull();
        assertThat(warnings())
                .containsExactly("redis: cannot reach " + where
                        + " (connection refused); single-instance mode until it is back");
        instance.publish(Envelopes.of(ORG));
    }

    @Test
    void goesOnAfterARestart() throws Exception {
        instance = new Instance(server.url(), "restart", WINDOW).live().following(ORG);
        server.stop();
        instance.sink().awaitStatus(State.DOWN);
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> instance.publish(Envelopes.of(ORG)))
                .withCauseInstanceOf(TransportUnavailableException.class);

        server.start();
        instance.live();

        Envelope event = Envelopes.of(ORG);
        instance.publish(event);
        instance.sink().awaitId(event.id());
        assertThat(warnings()).hasSize(1);
    }

    @Test
    void wakeUpsCutOffAreReplacedWithoutLossAndPublishingGoesOn() throws Exception {
        instance = new Instance(server.url(), "pubsub", WINDOW).live().following(ORG);
        List<Envelope> events = Envelopes.several(ORG, 500);
        List<CompletableFuture<?>> publications = new ArrayList<>();
        try (Console console = new Console(server.url())) {
            for (int i = 0; i < events.size(); i++) {
                publications.add(instance.adapter().publish(List.of(events.get(i))));
                if (i % 100 == 50) {
                    instance.sink().awaitId(events.get(i).id());
                    console.redis().clientKill(KillArgs.Builder.typePubsub());
                }
            }
        }
        for (CompletableFuture<?> publication : publications) {
            publication.get(20, TimeUnit.SECONDS);
        }

        instance.sink().awaitId(events.get(499).id());
        instance.live();
        assertThat(instance.sink().entries()).extracting(LogEntry::envelope).isEqualTo(events);
        assertThat(states()).contains(State.DEGRADED).doesNotContain(State.DOWN);
        assertThat(instance.sink().calls(Call.Lost.class)).isEmpty();
    }

    @Test
    void blackHoleIsNoticedAndHeals() throws Exception {
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port());
                Instance publisher = new Instance(server.url(), "gap", WINDOW).live()) {
            instance = new Instance("redis://127.0.0.1:" + proxy.port(), "gap", WINDOW)
                    .live()
                    .following(ORG);

            proxy.blackHole();
            await().atMost(Duration.ofSeconds(8)).until(() -> states().contains(State.DOWN));
            Envelope missed = Envelopes.of(ORG);
            publisher.publish(missed);
            proxy.heal();

            instance.live();
            instance.sink().awaitId(missed.id());
            assertThat(warnings()).singleElement().asString().contains("(no answer within 2 s)");
        }
    }

    @Test
    void closesInTheMiddleOfABlackHole() throws Exception {
        try (TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port())) {
            proxy.blackHole();
            instance = new Instance("redis://127.0.0.1:" + proxy.port(), "gap", WINDOW);
            await().until(() -> proxy.connections() > 0);

            long begun = System.nanoTime();
            instance.close();

            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
            assertThat(instance.sink().awaitStatus(State.CLOSED))
                    .isEqualTo(instance.adapter().status());
        }
    }

    @Test
    void connectionsSayWhoTheyAre() {
        instance = new Instance(server.url(), "names", WINDOW).live();

        try (Console console = new Console(server.url())) {
            assertThat(console.redis().clientList().lines().filter(line -> line.contains(" name=realtime:test_1 ")))
                    .hasSize(3);
        }
    }

    @Test
    void refusedPasswordIsNamedButNotShown() {
        try (Console console = new Console(server.url())) {
            console.redis().configSet("requirepass", "hunter2");
            instance = new Instance("redis://:guess42@127.0.0.1:" + server.port(), "password", WINDOW);

            // The client may see the closed connection before the answer on it: the next attempt tells.
            await().untilAsserted(() -> assertThat(instance.adapter().status().cause())
                    .contains("WRONGPASS")
                    .doesNotContain("hunter2", "guess42"));

            console.redis().configSet("requirepass", "guess42");
            instance.live();
        }
    }

    @Test
    void plainPortBehindTlsIsNamed() {
        instance = new Instance("rediss://127.0.0.1:" + server.port(), "tls", WINDOW);

        assertThat(instance.sink().awaitStatus(State.DOWN).cause())
                .isEqualTo("redis: cannot reach 127.0.0.1:" + server.port()
                        + " (no answer within 2 s; is that its TLS port?)");
    }

    @Test
    void demotedPrimaryIsLeftAtTheFirstRefusal() throws Exception {
        try (OwnRedis other = OwnRedis.started();
                Console console = new Console(server.url())) {
            instance = new Instance(server.url(), "demoted", WINDOW).live();
            console.redis().replicaof("127.0.0.1", other.port());

            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> instance.publish(Envelopes.of(ORG)))
                    .withCauseInstanceOf(WritesRefusedException.class);
            instance.sink().awaitStatus(State.DOWN);
            await().until(() ->
                    String.valueOf(instance.adapter().status().cause()).contains("is a replica"));

            console.redis().replicaofNoOne();
            instance.live();
        }
    }

    @Test
    void lostTailIsAGapForWhoHasHeardIt() throws Exception {
        try (OwnRedis promoted = OwnRedis.started();
                Console replica = new Console(promoted.url());
                TcpProxy proxy = TcpProxy.to("127.0.0.1", server.port())) {
            replica.redis().replicaof("127.0.0.1", server.port());
            instance = new Instance("redis://127.0.0.1:" + proxy.port(), "failover", WINDOW)
                    .live()
                    .following(ORG);
            String meta = "failover:{org:acme}:meta";
            instance.publish(Envelopes.several(ORG, 3));
            await().until(() -> "3".equals(replica.redis().hget(meta, "head")));
            replica.redis().replicaofNoOne();
            Envelope lost = Envelopes.of(ORG);
            instance.publish(lost);
            instance.sink().awaitId(lost.id());

            proxy.retarget("127.0.0.1", promoted.port());
            proxy.resetAll();

            assertThat(instance.sink().awaitGap().resumesAt().offset()).isEqualTo(3);
            instance.live();
            Envelope next = Envelopes.of(ORG);
            instance.publish(next);
            instance.sink().awaitId(next.id());
        }
    }

    private List<State> states() {
        return instance.sink().calls(Call.Status.class).stream()
                .map(call -> call.status().state())
                .toList();
    }

    private List<String> warnings() {
        return log.list.stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .map(line ->
                        line.getFormattedMessage() + (line.getThrowableProxy() == null ? "" : " with a stack trace"))
                .toList();
    }

    private static Logger rootLogger() {
        return (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    }
}
