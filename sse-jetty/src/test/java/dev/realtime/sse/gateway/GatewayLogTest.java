package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import java.net.URL;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What the gateway's own logging configuration lets through. */
class GatewayLogTest {
    @Test
    void librariesThatSayALostConnectionWithStackTracesAreQuietAndLeaksAreNot() throws Exception {
        LoggerContext context = new LoggerContext();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        URL file = Objects.requireNonNull(getClass().getResource("logback.xml"));
        configurator.doConfigure(file);

        assertThat(context.getLogger("io.netty.channel.AbstractChannelHandlerContext")
                        .isWarnEnabled())
                .isFalse();
        assertThat(context.getLogger("com.zaxxer.hikari.pool.PoolBase").isWarnEnabled())
                .isFalse();
        assertThat(context.getLogger("io.netty.util.ResourceLeakDetector").isWarnEnabled())
                .isTrue();
        assertThat(context.getLogger("dev.realtime").isInfoEnabled()).isTrue();
        context.stop();
    }
}
