package dev.realtime.sse.internal;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee10.servlet.HttpOutput;
import org.eclipse.jetty.ee10.servlet.ServletChannel;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;

/** Writes through the servlet container, whatever the protocol. */
final class ContainerOutlet implements Outlet {
    private final AsyncContext async;
    private final ServletOutputStream out;
    private final ServletChannel channel;
    /** Owned by the writer. */
    private boolean unflushed = true;

    ContainerOutlet(AsyncContext async) throws IOException {
        this.async = async;
        this.out = async.getResponse().getOutputStream();
        this.channel = ServletContextRequest.getServletContextRequest(async.getRequest())
                .getServletChannel();
    }

    @Override
    public void start(WriteListener listener) {
        out.setWriteListener(listener);
    }

    @Override
    public boolean isReady() {
        return out.isReady();
    }

    /** Jetty writes the bytes as they are, without a copy. */
    @Override
    public void write(Batch batch) throws IOException {
        if (out instanceof HttpOutput jetty) {
            jetty.write(batch.frames());
            unflushed = false;
        } else {
            out.write(batch.frames().array(), batch.frames().arrayOffset(), batch.size());
            unflushed = true;
        }
    }

    @Override
    public boolean unflushed() {
        return unflushed;
    }

    @Override
    public void flush() throws IOException {
        out.flush();
        unflushed = false;
    }

    @Override
    public void complete() {
        try {
            async.complete();
        } catch (IllegalStateException alreadyComplete) {
            // an error came first
        }
    }

    @Override
    public void abort() {
        channel.abort(new TimeoutException("the client does not read"));
        complete();
    }
}
