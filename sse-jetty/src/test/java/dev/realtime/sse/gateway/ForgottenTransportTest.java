package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.runtime.Troubles;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class ForgottenTransportTest {
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(Troubles.class);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void stop() {
        LOG.detachAppender(log);
    }

    @ParameterizedTest
    @CsvSource({
        "DATABASE_URL, postgres://app:canary-kx2@db/app, postgres",
        "DATABASE_LISTEN_URL, postgres://app:canary-kx2@db/app, postgres",
        "REDIS_URL, redis://:canary-kx2@cache:6379, redis",
        "REALTIME_SCHEMA, rt, postgres",
    })
    void aBackendThatIsConfiguredAndNotChosenIsNamed(String key, String value, String transport) {
        try (TestGateway gateway = TestGateway.start(key, value, "REALTIME_TRANSPORT", "")) {
            assertThat(gateway.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(gateway.get("/readyz").body())
                    .contains("\"transport\":\"memory\"", key + " is set, but REALTIME_TRANSPORT is not", transport)
                    .doesNotContain("canary");
        }
        assertThat(log.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARN);
            assertThat(line.getFormattedMessage())
                    .contains(key, "set it to " + transport)
                    .doesNotContain("canary");
        });
    }

    @Test
    void whoChoseMemoryIsToldNothing() {
        try (TestGateway gateway = TestGateway.start("DATABASE_URL", "postgres://app@db/app")) {
            assertThat(gateway.get("/readyz").body()).contains("\"troubles\":[]");
        }
        try (TestGateway gateway =
                TestGateway.start("REALTIME_TRANSPORT", "", "REALTIME_MEMORY_MAX_BYTES", "40000000")) {
            assertThat(gateway.get("/readyz").body()).contains("\"troubles\":[]");
        }
        assertThat(log.list).isEmpty();
    }
}
