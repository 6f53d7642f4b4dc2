package dev.realtime.sse.internal.write;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;

/** The best way to a client that there is. No class but {@link JettyOutlet} and {@link SocketOutlet} needs Jetty's. */
public final class Outlets {
    private static final boolean JETTY = isThere("org.eclipse.jetty.ee10.servlet.ServletApiRequest");

    private Outlets() {}

    /**
     * The way to the client of a stream that begins.
     *
     * @param direct see {@code EndpointOptions}
     * @param buffer of the thread that will write
     */
    public static Outlet of(AsyncContext async, boolean direct, SocketBuffer buffer) throws IOException {
        ServletRequest innermost = innermost(async.getRequest());
        if (JETTY && JettyOutlet.serves(innermost)) {
            return direct ? SocketOutlet.of(async, buffer) : JettyOutlet.of(async);
        } else if (TomcatOutlet.serves(innermost)) {
            return new TomcatOutlet(async, innermost);
        } else if (UndertowOutlet.serves(innermost)) {
            return UndertowOutlet.of(async, innermost);
        }
        return new ContainerOutlet(async);
    }

    /** The container's own, however it is wrapped. */
    private static ServletRequest innermost(ServletRequest request) {
        ServletRequest innermost = request;
        while (innermost instanceof ServletRequestWrapper wrapper) {
            innermost = wrapper.getRequest();
        }
        return innermost;
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
