package dev.realtime.sse.internal.write;

import dev.realtime.sse.internal.http.UnreadException;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.HttpOutput;
import org.eclipse.jetty.ee10.servlet.ServletApiRequest;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;

/** Through Jetty, which takes bytes without a copy, sends them at once, and cuts a connection when it is told. */
final class JettyOutlet extends ContainerOutlet {
    private static final String CHUNKED = "chunked";

    private final ServletContextRequest request;
    private final Framing framing;

    // owned by the writer
    /** The container has bytes of ours that it has not sent. */
    private boolean held;

    /** Behind the last batch a comment has been written. */
    private boolean commented;

    /** What stands around frames in the body. */
    private enum Framing {
        /** Nothing. */
        NONE,
        /** Chunks of ours, of which Jetty does not know. */
        OUR_CHUNKS,
        /** Chunks of Jetty's: it ends one only when it begins the next. */
        JETTYS_CHUNKS
    }

    private JettyOutlet(AsyncContext async, Framing framing) throws IOException {
        super(async);
        this.request = request(async);
        this.framing = framing;
    }

    /** For a response that Jetty writes to its end. */
    static JettyOutlet of(AsyncContext async) throws IOException {
        ServletContextRequest request = request(async);
        if (request.getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_1) {
            return new JettyOutlet(async, Framing.NONE);
        }
        // Also for who says "Connection: close": a body without length is waited for by some clients.
        request.getServletContextResponse()
                .getHeaders()
                .put(HttpHeader.TRANSFER_ENCODING, CHUNKED)
                .put(HttpHeader.CONNECTION, "close");
        return new JettyOutlet(async, Framing.JETTYS_CHUNKS);
    }

    /** For one over HTTP/1.1 that Jetty begins and somebody else ends, whose body is written as chunks. */
    static JettyOutlet begins(AsyncContext async) throws IOException {
        // A field of no known header is written as it stands; from the known one Jetty would make chunks of our chunks.
        HttpField verbatim = new HttpField(null, HttpHeader.TRANSFER_ENCODING.asString(), CHUNKED);
        request(async)
                .getServletContextResponse()
                .getHeaders()
                .put(HttpHeader.CONNECTION, "close")
                .add(verbatim);
        return new JettyOutlet(async, Framing.OUR_CHUNKS);
    }

    static boolean serves(ServletRequest innermost) {
        return innermost instanceof ServletApiRequest;
    }

    static ServletContextRequest request(AsyncContext async) {
        return ServletContextRequest.getServletContextRequest(async.getRequest());
    }

    ServletContextRequest request() {
        return request;
    }

    @Override
    boolean write(ServletOutputStream out, Batch batch) throws IOException {
        commented = false;
        return send(out, framing == Framing.OUR_CHUNKS ? batch.chunk() : batch.frames())
                || framing == Framing.JETTYS_CHUNKS;
    }

    /** Returns whether it is held back. */
    private boolean send(ServletOutputStream out, ByteBuffer bytes) throws IOException {
        if (out instanceof HttpOutput jetty) {
            jetty.write(bytes);
        } else {
            write(out, bytes);
            held = true;
        }
        return held;
    }

    /** A client that waits for the end of a chunk would have each event with the next one: a comment ends it. */
    @Override
    boolean flush(ServletOutputStream out) throws IOException {
        boolean ends = framing == Framing.JETTYS_CHUNKS && !commented;
        if (ends && !held) {
            commented = true;
            return send(out, ByteBuffer.wrap(Batch.comment()));
        }
        held = false;
        return super.flush(out) || ends;
    }

    /** A failed response does not fail a write that is under way, so Jetty 12.0 complains of it: the end of the connection does. */
    @Override
    void cut() {
        EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        if (request.getConnectionMetaData().getHttpVersion().getVersion() <= HttpVersion.HTTP_1_1.getVersion()) {
            endPoint.close();
        } else {
            request.getServletChannel().abort(new UnreadException());
        }
    }
}
