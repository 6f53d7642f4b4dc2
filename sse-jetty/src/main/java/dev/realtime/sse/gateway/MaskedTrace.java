package dev.realtime.sse.gateway;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.IThrowableProxy;
import dev.realtime.transport.settings.Secrets;

/** {@code %ex} of the gateway's log: a trace shows the words of every cause, so no piece of a secret. Thread-safe. */
public final class MaskedTrace extends ThrowableProxyConverter {
    @Override
    protected String throwableProxyToString(IThrowableProxy proxy) {
        return Secrets.masked(super.throwableProxyToString(proxy));
    }
}
