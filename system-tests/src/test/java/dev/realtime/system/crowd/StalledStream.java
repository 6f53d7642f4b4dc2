package dev.realtime.system.crowd;

import dev.realtime.system.equipment.Patience;
import dev.realtime.transport.event.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client that asks for everything and never reads. For one thread. */
final class StalledStream implements AutoCloseable {
    static final int BULK_BYTES = 100_000;
    /** So many are more than the sockets and a mailbox hold. */
    static final int BULK_EVENTS = 80;
    /** What fills its sockets soon. Only who asks for this, or for everything, is told of it. */
    static final Event BULK = Event.of("default", "bulk").withPayload("\"" + "x".repeat(BULK_BYTES) + "\"");

    private final Socket socket = new Socket();

    private StalledStream() {}

    /** Has asked; the answer may still be on its way. */
    static StalledStream at(int port) throws IOException {
        StalledStream stalled = new StalledStream();
        stalled.socket.setReceiveBufferSize(4_096);
        stalled.socket.setSoTimeout((int) Patience.ALL.toMillis());
        stalled.socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        stalled.socket
                .getOutputStream()
                .write("GET /realtime/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return stalled;
    }

    /** It was ended, or reset, after what the socket's buffers still hold. */
    void requireEnded() {
        byte[] chunk = new byte[65_536];
        try {
            while (socket.getInputStream().read(chunk) >= 0) {
                // only the end matters
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("still open", e);
        } catch (IOException reset) {
            // as good as an end
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
