package dev.realtime.sse;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.net.URI;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A team's own Jetty, which mounts the endpoint: HTTP/1.1 and cleartext HTTP/2, on any port. */
final class OwnJetty {
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(
            server,
            new HttpConnectionFactory(new HttpConfiguration()),
            new HTTP2CServerConnectionFactory(new HttpConfiguration()));

    OwnJetty() {
        connector.setShutdownIdleTimeout(50);
        server.addConnector(connector);
    }

    /** Serves it below a path, in place of what was served before. */
    void serve(String path, RealtimeEndpoint endpoint) throws Exception {
        serve(path, endpoint, context -> context);
    }

    /** @param around puts something around the context */
    void serve(String path, RealtimeEndpoint endpoint, UnaryOperator<Handler> around) throws Exception {
        ServletContextHandler context = new ServletContextHandler(path);
        context.addEventListener(new ServletContextListener() {
            @Override
            public void contextInitialized(ServletContextEvent event) {
                endpoint.mount(event.getServletContext());
            }
        });
        server.stop();
        server.setHandler(around.apply(context));
        server.start();
    }

    int port() {
        return connector.getLocalPort();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    void stop() throws Exception {
        server.stop();
    }
}
