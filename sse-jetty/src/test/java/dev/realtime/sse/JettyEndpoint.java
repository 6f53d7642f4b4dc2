package dev.realtime.sse;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** In a Jetty, of whichever version there is. */
final class JettyEndpoint extends ContainerEndpoint {
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);

    private JettyEndpoint(EndpointOptions options) {
        super(options);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addEventListener(new ServletContextListener() {
            @Override
            public void contextInitialized(ServletContextEvent event) {
                endpoint().mount(event.getServletContext());
            }
        });
        connector.setHost("127.0.0.1");
        connector.setShutdownIdleTimeout(50);
        server.addConnector(connector);
        server.setHandler(context);
        try {
            server.start();
        } catch (Exception e) {
            throw new AssertionError("Jetty does not start", e);
        }
    }

    static JettyEndpoint start(EndpointOptions options) {
        return new JettyEndpoint(options);
    }

    @Override
    int port() {
        return connector.getLocalPort();
    }

    @Override
    long connections() {
        return connector.getConnectedEndPoints().size();
    }

    @Override
    void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new AssertionError("Jetty does not stop", e);
        }
    }
}
