package dev.realtime.transport.postgres.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.TransportStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One line for each change, and no flood. */
class StatusLogTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private StatusLog log;

    @BeforeEach
    void listen() {
        Logger logger = new LoggerContext().getLogger("status");
        lines.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        lines.start();
        logger.addAppender(lines);
        log = new StatusLog(logger);
    }

    @Test
    void eachChangeIsOneLineAlsoOfTheCauseAlone() {
        say(State.STARTING, null, 0);
        say(State.DOWN, "refused", 1);
        say(State.DOWN, "no answer", 2);
        say(State.DEGRADED, "deaf", 3);
        say(State.LIVE, null, 4);

        assertThat(said())
                .containsExactly(
                        "refused; single-instance mode until it is back",
                        "no answer; single-instance mode until it is back",
                        "degraded: deaf",
                        "postgres is live");
    }

    @Test
    void whatComesAndGoesIsCountedForAMinuteAndThenSaidAgain() {
        for (int second = 0; second <= 60; second++) {
            say(State.DEGRADED, "deaf", second);
            say(State.LIVE, null, second);
        }

        assertThat(said())
                .containsExactly(
                        "degraded: deaf",
                        "postgres is live",
                        "degraded: deaf (and 59 times since it was said)",
                        "postgres is live (and 59 times since it was said)");
    }

    @Test
    void linesThatAllDifferTakeBoundedRoomAndAreSaid() {
        for (int i = 0; i < 1_000; i++) {
            say(State.DOWN, "cause " + i, 0);
        }

        assertThat(said()).hasSize(1_000);
        say(State.DOWN, "cause 999", 1);
        assertThat(said()).hasSize(1_000);
    }

    private void say(State state, @Nullable String cause, long second) {
        log.say(new TransportStatus(state, cause, Instant.EPOCH), second * SECOND);
    }

    private List<String> said() {
        return lines.list.stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(ch.qos.logback.classic.Level.INFO))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }
}
