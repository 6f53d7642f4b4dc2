package dev.realtime.sse.gateway.equipment;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a stream from a plain socket, frame by frame, as a browser would: on the test's thread. */
public final class StreamClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final String statusLine;
    private final boolean chunked;
    private int leftInChunk;

    /** A frame's fields; several data lines joined, null where there is none. */
    public record Frame(String event, String id, String retry, String data) {
        /** Everything up to {@code cursor} has been written. */
        public static Frame heartbeat(String cursor) {
            return new Frame("realtime.position", cursor, null, "{}");
        }

        public boolean isHeartbeat() {
            return "realtime.position".equals(event);
        }
    }

    private StreamClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new java.io.BufferedInputStream(socket.getInputStream());
        this.statusLine = rawLine();
        for (String line = rawLine(); !line.isEmpty(); line = rawLine()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        this.chunked = "chunked".equalsIgnoreCase(header("transfer-encoding"));
    }

    /** Sends the request and waits for the headers. */
    public static StreamClient open(int port, String path, String... headers) {
        try {
            Socket socket = new Socket(java.net.InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(PATIENCE_MILLIS);
            send(socket, path, headers);
            return new StreamClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void send(Socket socket, String path, String... headers) throws IOException {
        StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            request.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    }

    public String statusLine() {
        return statusLine;
    }

    public String header(String name) {
        return headers.get(name.toLowerCase(java.util.Locale.ROOT));
    }

    /** The next frame; null at the stream's end. Comments are passed over. */
    public Frame next() {
        try {
            String event = null;
            String id = null;
            String retry = null;
            StringBuilder data = null;
            boolean any = false;
            for (String line = line(); line != null; line = line()) {
                if (line.isEmpty()) {
                    if (any) {
                        return new Frame(event, id, retry, data == null ? null : data.toString());
                    }
                    continue;
                }
                if (line.equals(":")) {
                    continue;
                }
                any = true;
                if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("retry: ")) {
                    retry = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = data == null ? new StringBuilder() : data.append('\n');
                    data.append(line.substring(6));
                } else {
                    throw new AssertionError("a line that is no field: " + line);
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until the replay is finished; returns the first frame's id. */
    public String awaitLive() {
        String start = null;
        for (Frame frame = next(); frame != null; frame = next()) {
            if ("realtime.open".equals(frame.event())) {
                start = frame.id();
            }
            if ("realtime.live".equals(frame.event())) {
                return start;
            }
        }
        throw new AssertionError("ended before it was live");
    }

    /** The body's next line as it stands there; null at its end. */
    public String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = bodyByte(); c != '\n'; c = bodyByte()) {
            if (c < 0) {
                return null;
            }
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Through the gateway as it comes, in other containers out of chunks. */
    private int bodyByte() throws IOException {
        if (!chunked) {
            return in.read();
        }
        if (leftInChunk == 0) {
            String size = rawLine();
            if (size.isEmpty()) {
                size = rawLine();
            }
            leftInChunk = Integer.parseInt(size, 16);
            if (leftInChunk == 0) {
                return -1;
            }
        }
        leftInChunk--;
        return in.read();
    }

    private String rawLine() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("cut in the middle");
            }
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
