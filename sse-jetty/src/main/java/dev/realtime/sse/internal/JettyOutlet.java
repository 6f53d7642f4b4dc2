package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.HttpOutput;
import org.eclipse.jetty.ee10.servlet.ServletApiRequest;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/** Through Jetty, which takes bytes without a copy, sends them at once, and cuts a connection when it is told. */
final class JettyOutlet extends ContainerOutlet {
    private final ServletContextRequest request;

    JettyOutlet(AsyncContext async) throws IOException {
        super(async);
        this.request = ServletContextRequest.getServletContextRequest(async.getRequest());
    }

    /** Whether it is Jetty that serves this request, however it is wrapped. */
    static boolean serves(ServletRequest request) {
        ServletRequest innermost = request;
        while (innermost instanceof ServletRequestWrapper wrapper) {
            innermost = wrapper.getRequest();
        }
        return innermost instanceof ServletApiRequest;
    }

    ServletContextRequest request() {
        return request;
    }

    @Override
    boolean write(ServletOutputStream out, ByteBuffer frames) throws IOException {
        if (out instanceof HttpOutput jetty) {
            jetty.write(frames);
            return false;
        }
        return super.write(out, frames);
    }

    @Override
    public void abort() {
        request.getServletChannel().abort(new TimeoutException("the client does not read"));
        complete();
    }
}
