package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.ChunkReader;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.settings.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Fault 42, in an application's own container: who reads by whole chunks hears each event at once, without the next one or a
 * heartbeat.
 */
@Timeout(60)
class ChunksInContainersTest {
    private static final EndpointOptions QUIET =
            EndpointOptions.DEFAULTS.withHeartbeat(EndpointOptions.LONGEST_HEARTBEAT);

    private static void requireEachAtOnce(int port, String connection, Consumer<String> publisher) throws IOException {
        try (ChunkReader chunks = ChunkReader.open(port, "/realtime/stream", "Connection", connection)) {
            assertThat(chunks.head()).containsOnlyOnce("transfer-encoding: chunked\n");
            chunks.awaitChunkWith("event: realtime.live\n");
            for (int i = 0; i < 5; i++) {
                publisher.accept("e" + i);
                assertThat(chunks.awaitChunkWith("\"e" + i + "\"")).endsWith("\n\n");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep-alive", "close"})
    void tomcat(String connection) throws IOException {
        try (TomcatEndpoint tomcat = TomcatEndpoint.start(QUIET)) {
            requireEachAtOnce(tomcat.port(), connection, tomcat::publish);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep-alive", "close"})
    void undertow(String connection) throws IOException {
        try (UndertowEndpoint undertow = UndertowEndpoint.start(QUIET)) {
            requireEachAtOnce(undertow.port(), connection, undertow::publish);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep-alive", "close"})
    void jetty(String connection) throws Exception {
        requireEachAtOnceInJetty(connection, context -> {});
    }

    @Test
    void jettyWithAResponseThatAFilterHasWrapped() throws Exception {
        requireEachAtOnceInJetty("keep-alive", context -> {
            Filter wrapping = (request, response, chain) ->
                    chain.doFilter(new Wrapped((HttpServletRequest) request, (HttpServletResponse) response), response);
            FilterHolder holder = new FilterHolder(wrapping);
            holder.setAsyncSupported(true);
            context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST));
        });
    }

    private static void requireEachAtOnceInJetty(String connection, Consumer<ServletContextHandler> filters)
            throws Exception {
        OwnJetty jetty = new OwnJetty();
        try (PubSub pubSub = PubSub.open(Settings.of(Map.of("REALTIME_TRANSPORT", "memory")));
                RealtimeEndpoint endpoint =
                        new RealtimeEndpoint(pubSub, request -> Caller.of("acme"), QUIET, new SimpleMeterRegistry())) {
            jetty.serve("/", endpoint, context -> {
                filters.accept((ServletContextHandler) context);
                return context;
            });
            requireEachAtOnce(
                    jetty.port(),
                    connection,
                    type -> pubSub.publish(Event.of("acme", type)).committed().join());
            endpoint.drain(Duration.ofSeconds(5));
        } finally {
            jetty.stop();
        }
    }

    /** A request whose asynchronous answer goes through an output of the filter's. */
    private static final class Wrapped extends HttpServletRequestWrapper {
        private final HttpServletResponse response;

        private Wrapped(HttpServletRequest request, HttpServletResponse response) {
            super(request);
            this.response = new HttpServletResponseWrapper(response) {
                @Override
                public ServletOutputStream getOutputStream() throws IOException {
                    return new Through(response.getOutputStream());
                }
            };
        }

        @Override
        public AsyncContext startAsync() {
            return startAsync(this, response);
        }
    }

    private static final class Through extends ServletOutputStream {
        private final ServletOutputStream out;

        private Through(ServletOutputStream out) {
            this.out = out;
        }

        @Override
        public boolean isReady() {
            return out.isReady();
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            out.setWriteListener(listener);
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
