package dev.realtime.sse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.coyote.AbstractProtocol;

/** In a Tomcat. */
final class TomcatEndpoint extends ContainerEndpoint {
    static {
        // A JVM has only one, and there is more than one Tomcat.
        TomcatURLStreamHandlerFactory.disable();
    }

    private final Path folder;
    private final Tomcat tomcat = new Tomcat();
    private final Connector connector = new Connector();

    private TomcatEndpoint(EndpointOptions options, Path folder) {
        super(options);
        this.folder = folder;
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
                .addServletContainerInitializer(
                        (classes, servletContext) -> endpoint().mount(servletContext), Set.of());
        tomcat.start();
    }

    @Override
    int port() {
        return connector.getLocalPort();
    }

    /** It counts the one that it waits for too. */
    @Override
    long connections() {
        return ((AbstractProtocol<?>) connector.getProtocolHandler()).getConnectionCount() - 1;
    }

    @Override
    void stop() {
        try (Stream<Path> files = Files.walk(folder)) {
            tomcat.stop();
            tomcat.destroy();
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (LifecycleException e) {
            throw new AssertionError("Tomcat does not stop", e);
        }
    }
}
