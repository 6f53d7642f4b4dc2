package dev.realtime.sse.gateway;

import ch.qos.logback.classic.pattern.MessageConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import dev.realtime.transport.settings.Secrets;

/** {@code %msg} of the gateway's log: what libraries say goes without any piece of a secret. Thread-safe. */
public final class MaskedMessage extends MessageConverter {
    @Override
    public String convert(ILoggingEvent event) {
        String message = String.valueOf(super.convert(event));
        return event.getLoggerName().startsWith("dev.realtime.") ? message : Secrets.masked(message);
    }
}
