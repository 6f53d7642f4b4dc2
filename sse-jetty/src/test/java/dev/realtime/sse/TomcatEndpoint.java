package dev.realtime.sse;

import dev.realtime.sse.gateway.StreamClient;
import dev.realtime.transport.Event;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.Settings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.coyote.AbstractProtocol;

/** The endpoint on the memory transport, in a Tomcat on any port. Needs neither JUnit nor Jetty. */
final class TomcatEndpoint implements AutoCloseable {
    static {
        // A JVM has only one, and there is more than one Tomcat.
        TomcatURLStreamHandlerFactory.disable();
    }

    private final Path folder;
    private final Tomcat tomcat = new Tomcat();
    private final Connector connector = new Connector();
    private final List<StreamClient> clients = new ArrayList<>();
    private final PubSub pubSub = PubSub.open(Settings.of(Map.of("REALTIME_TRANSPORT", "memory")));
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final RealtimeEndpoint endpoint;
    private boolean stopped;

    private TomcatEndpoint(EndpointOptions options, Path folder) {
        this.folder = folder;
        this.endpoint = new RealtimeEndpoint(pubSub, request -> Caller.of("acme"), options, meters);
    }

    /** @param connectorProperties as key, value, key, value… */
    static TomcatEndpoint start(EndpointOptions options, String... connectorProperties) {
        try {
            TomcatEndpoint started = new TomcatEndpoint(options, Files.createTempDirectory("tomcat"));
            started.start(connectorProperties);
            return started;
        } catch (IOException | LifecycleException e) {
            throw new AssertionError("Tomcat does not start", e);
        }
    }

    private void start(String... properties) throws LifecycleException {
        tomcat.setBaseDir(folder.toString());
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        for (int i = 0; i < properties.length; i += 2) {
            if (!connector.setProperty(properties[i], properties[i + 1])) {
                throw new AssertionError("Tomcat knows no " + properties[i]);
            }
        }
        tomcat.setConnector(connector);
        tomcat.addContext("", null)
                .addServletContainerInitializer((classes, servletContext) -> endpoint.mount(servletContext), Set.of());
        tomcat.start();
    }

    RealtimeEndpoint endpoint() {
        return endpoint;
    }

    int port() {
        return connector.getLocalPort();
    }

    /** Sockets that Tomcat has open; it counts the one that it waits for too. */
    long connections() {
        return ((AbstractProtocol<?>) connector.getProtocolHandler()).getConnectionCount() - 1;
    }

    /** Streams that ended for this reason. */
    double ended(String reason) {
        return meters.get("realtime.stream.closes")
                .tag("reason", reason)
                .counter()
                .count();
    }

    StreamClient stream(String query, String... headers) {
        StreamClient client = StreamClient.open(port(), "/realtime/stream" + query, headers);
        clients.add(client);
        return client;
    }

    /** Publishes an event of this type and returns its cursor. */
    String publish(String type) {
        return publish(Event.of("acme", type));
    }

    String publish(Event event) {
        return pubSub.publish(event).committed().join().get(0).position().cursor();
    }

    @Override
    public void close() {
        if (stopped) {
            return;
        }
        stopped = true;
        clients.forEach(StreamClient::close);
        endpoint.close();
        try (Stream<Path> files = Files.walk(folder)) {
            tomcat.stop();
            tomcat.destroy();
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (LifecycleException e) {
            throw new AssertionError("Tomcat does not stop", e);
        } finally {
            pubSub.close();
        }
    }
}
