package dev.realtime.sse;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletContainerInitializerInfo;
import io.undertow.servlet.util.ImmediateInstanceHandle;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletException;
import java.net.InetSocketAddress;
import java.util.Set;

/** In an Undertow. */
final class UndertowEndpoint extends ContainerEndpoint {
    private final Undertow undertow;

    private UndertowEndpoint(EndpointOptions options) {
        super(options);
        ServletContainerInitializer mounting =
                (classes, servletContext) -> endpoint().mount(servletContext);
        DeploymentManager deployment = Servlets.newContainer()
                .addDeployment(Servlets.deployment()
                        .setClassLoader(UndertowEndpoint.class.getClassLoader())
                        .setContextPath("/")
                        .setDeploymentName("application")
                        .addServletContainerInitializer(new ServletContainerInitializerInfo(
                                mounting.getClass(), () -> new ImmediateInstanceHandle<>(mounting), Set.of())));
        deployment.deploy();
        try {
            undertow = Undertow.builder()
                    .addHttpListener(0, "127.0.0.1")
                    .setServerOption(UndertowOptions.ENABLE_STATISTICS, true)
                    .setHandler(deployment.start())
                    .build();
        } catch (ServletException e) {
            throw new AssertionError("Undertow does not start", e);
        }
        undertow.start();
    }

    static UndertowEndpoint start(EndpointOptions options) {
        return new UndertowEndpoint(options);
    }

    @Override
    int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
    }

    @Override
    long connections() {
        return undertow.getListenerInfo().get(0).getConnectorStatistics().getActiveConnections();
    }

    @Override
    void stop() {
        undertow.stop();
    }
}
