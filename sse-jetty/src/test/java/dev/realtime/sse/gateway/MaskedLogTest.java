package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import dev.realtime.transport.settings.Secrets;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log as the gateway writes it, by its own configuration. */
class MaskedLogTest {
    private final LoggerContext context = new LoggerContext();
    private ConsoleAppender<ILoggingEvent> appender;

    @BeforeEach
    void configure() throws Exception {
        JoranConfigurator joran = new JoranConfigurator();
        joran.setContext(context);
        joran.doConfigure(GatewayMain.class.getResource("logback.xml"));
        appender = (ConsoleAppender<ILoggingEvent>)
                context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
        Secrets.keep("mK7pX2vQ-9");
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void whatLibrariesSayAndEveryCauseOfATraceGoWithoutAPieceOfASecret() {
        Throwable failure = new IllegalStateException("K7pX2v", new IllegalArgumentException("at X2vQ-9"));

        assertThat(written("org.library.Reader", "cannot read 'K7pX2'", failure))
                .contains("cannot read '***'", "IllegalStateException: ***", "IllegalArgumentException: at ***")
                .doesNotContain("K7pX", "X2vQ");
        assertThat(written("dev.realtime.Ours", "ours: K7pX2", null)).contains("ours: K7pX2");
    }

    private String written(String logger, String message, Throwable failure) {
        LoggingEvent event =
                new LoggingEvent("", context.getLogger(logger), Level.WARN, message, failure, new Object[0]);
        return new String(appender.getEncoder().encode(event), StandardCharsets.UTF_8);
    }
}
