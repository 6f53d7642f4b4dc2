package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import java.io.IOException;

/** The best way to a client that there is. No class but {@link JettyOutlet} and {@link SocketOutlet} needs Jetty's. */
final class Outlets {
    private static final boolean JETTY = isThere("org.eclipse.jetty.ee10.servlet.ServletApiRequest");

    private Outlets() {}

    /**
     * @param direct see {@code EndpointOptions}
     * @param buffer of the thread that will write
     */
    static Outlet of(AsyncContext async, boolean direct, SocketBuffer buffer) throws IOException {
        if (!JETTY || !JettyOutlet.serves(async.getRequest())) {
            return new ContainerOutlet(async);
        }
        return direct ? SocketOutlet.of(async, buffer) : JettyOutlet.of(async);
    }

    private static boolean isThere(String name) {
        try {
            Class.forName(name, false, Outlets.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError otherContainer) {
            return false;
        }
    }
}
