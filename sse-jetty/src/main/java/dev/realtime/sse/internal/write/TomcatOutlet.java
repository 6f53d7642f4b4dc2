package dev.realtime.sse.internal.write;

import dev.realtime.sse.internal.http.UnreadException;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.lang.reflect.Field;

/**
 * Through Tomcat, which keeps a connection under a write that nobody reads until its own deadline, a minute. Its way to cut
 * one is found by name, so that nothing here needs its classes.
 */
final class TomcatOutlet extends ContainerOutlet {
    private static final String REQUEST = "org.apache.catalina.connector.RequestFacade";
    private static final String ACTIONS = "org.apache.coyote.ActionCode";

    private final ServletRequest request;

    TomcatOutlet(AsyncContext async, ServletRequest innermost) throws IOException {
        super(async);
        this.request = innermost;
    }

    static boolean serves(ServletRequest innermost) {
        return innermost.getClass().getName().equals(REQUEST);
    }

    /** As Tomcat's own error report does with a response that is on its way. */
    @Override
    void cut() throws ReflectiveOperationException {
        Field inner = request.getClass().getDeclaredField("request");
        inner.setAccessible(true);
        Object connector = inner.get(request);
        Object coyote = connector.getClass().getMethod("getCoyoteRequest").invoke(connector);
        Class<?> actions = Class.forName(ACTIONS, true, coyote.getClass().getClassLoader());
        Object closeNow = actions.getField("CLOSE_NOW").get(null);
        coyote.getClass().getMethod("action", actions, Object.class).invoke(coyote, closeNow, new UnreadException());
    }
}
