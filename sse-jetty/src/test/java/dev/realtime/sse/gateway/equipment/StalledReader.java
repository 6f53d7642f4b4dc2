package dev.realtime.sse.gateway.equipment;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A client that asks for a stream and never reads it. */
public final class StalledReader {
    private StalledReader() {}

    /** Opens one, and publishes until its socket is certainly full. */
    public static Socket fill(TestGateway gateway) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress(
                java.net.InetAddress.getLoopbackAddress(), gateway.gateway().port()));
        int before = streams(gateway);
        StreamClient.send(socket, "/realtime/stream");
        while (streams(gateway) == before) {
            Thread.onSpinWait();
        }
        String payload = "\"" + "x".repeat(900_000) + "\"";
        for (int i = 0; i < 10; i++) {
            gateway.post("{\"event\":\"big\",\"payload\":" + payload + "}");
        }
        return socket;
    }

    public static int streams(TestGateway gateway) {
        return gateway.gateway().streams();
    }
}
