package dev.realtime.transport.postgres.equipment;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.realtime.transport.testkit.checks.Canary;

/** Lets the canary look at every line that is logged, with its exception, its thread and its context. */
public final class CanaryAppender extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent said) {
        String where = "the log of " + said.getLoggerName();
        Canary.look(where, said.getFormattedMessage());
        Canary.look(where, said.getThreadName());
        Canary.look(where, said.getMDCPropertyMap().toString());
        if (said.getThrowableProxy() instanceof ThrowableProxy proxy) {
            Canary.look(where, proxy.getThrowable());
        }
    }
}
