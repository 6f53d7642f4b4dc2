package dev.realtime.transport.testkit.checks;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails the test in which a {@link Canary} was seen: in what {@code java.util.logging} says of anything down to FINE,
 * in a thread's name, or wherever else somebody has let the canary look. For all tests of a module, name it in
 * {@code META-INF/services/org.junit.jupiter.api.extension.Extension} and turn detection on.
 */
public final class CanaryCheck implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {
    /** Held on to: the logging system forgets loggers that nobody else knows. */
    private static final Logger ROOT = Logger.getLogger("");

    private static final Logger[] DRIVERS = {Logger.getLogger("org.postgresql"), Logger.getLogger("com.impossibl")};

    private static final class Listening extends Handler {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord said) {
            if (isHarness(said.getLoggerName())) {
                return;
            }
            Canary.look("java.util.logging of " + said.getLoggerName(), formatter.format(said));
        }

        /** Docker's client has to tell the engine the password of a server that is to start. */
        private static boolean isHarness(@Nullable String logger) {
            return logger != null
                    && (logger.startsWith("org.testcontainers")
                            || logger.startsWith("com.github.dockerjava")
                            || logger.startsWith("tc."));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** Once for the whole JVM. */
    private static final class Installed {
        static {
            Handler listening = new Listening();
            listening.setLevel(Level.ALL);
            ROOT.addHandler(listening);
            for (Logger driver : DRIVERS) {
                driver.setLevel(Level.FINE);
            }
        }

        static void ensure() {}
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Installed.ensure();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        context.getExecutionException().ifPresent(failure -> Canary.look("the test's failure", failure));
        Thread.getAllStackTraces().keySet().forEach(thread -> Canary.look("a thread's name", thread.getName()));
        Canary.failIfFound();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Canary.failIfFound();
    }
}
