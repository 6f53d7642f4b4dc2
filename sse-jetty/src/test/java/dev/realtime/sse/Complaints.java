package dev.realtime.sse;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/** What containers say in the log at WARN and above, through SLF4J or java.util.logging. Needs no JUnit. */
final class Complaints implements AutoCloseable {
    private static final List<String> CONTAINERS =
            List.of("org.apache", "io.undertow", "org.xnio", "org.eclipse.jetty");

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final LoggerContext logback = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final Logger root = Logger.getLogger("");

    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
                said(event.getLoggerName(), event.getFormattedMessage());
            }
        }
    };

    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (line.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue()) {
                said(line.getLoggerName(), line.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    Complaints() {
        appender.start();
        logback.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
        root.addHandler(handler);
    }

    private void said(String logger, String line) {
        if (CONTAINERS.stream().anyMatch(logger::startsWith)) {
            said.add(logger + ": " + line);
        }
    }

    List<String> said() {
        return List.copyOf(said);
    }

    @Override
    public void close() {
        root.removeHandler(handler);
        logback.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).detachAppender(appender);
    }
}
