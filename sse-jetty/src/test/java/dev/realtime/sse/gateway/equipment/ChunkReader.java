package dev.realtime.sse.gateway.equipment;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Reads a stream as many clients do: it hands on a chunk only when all of it is there, with the line end behind it. For
 * one thread.
 */
public final class ChunkReader implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;
    private final String head;

    private ChunkReader(Socket socket, String path, String... headers) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        socket.setSoTimeout(PATIENCE_MILLIS);
        StreamClient.send(socket, path, headers);
        StringBuilder lines = new StringBuilder();
        for (String line = line(); !line.isEmpty(); line = line()) {
            lines.append(line.toLowerCase(Locale.ROOT)).append('\n');
        }
        this.head = lines.toString();
    }

    public static ChunkReader open(int port, String path, String... headers) throws IOException {
        return on(new Socket(InetAddress.getLoopbackAddress(), port), path, headers);
    }

    public static ChunkReader on(Socket socket, String path, String... headers) throws IOException {
        try {
            return new ChunkReader(socket, path, headers);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Status and headers, in lower case. */
    public String head() {
        return head;
    }

    /** The next chunk, whole; null for the last one, behind which nothing comes. */
    public String next() throws IOException {
        int size = Integer.parseInt(line(), 16);
        byte[] data = in.readNBytes(size);
        String end = line();
        if (data.length < size || !end.isEmpty()) {
            throw new IOException("a chunk of " + size + " bytes that does not end");
        }
        if (size > 0) {
            return new String(data, StandardCharsets.UTF_8);
        }
        if (head.contains("connection: close") && in.read() >= 0) {
            throw new IOException("bytes behind the last chunk");
        }
        return null;
    }

    /** Reads chunks until one has this text in it, and returns that. */
    public String awaitChunkWith(String text) throws IOException {
        for (String chunk = next(); chunk != null; chunk = next()) {
            if (chunk.contains(text)) {
                return chunk;
            }
        }
        throw new IOException("ended without " + text);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("cut off within a line: " + line);
            }
            line.write(next);
        }
        String text = line.toString(StandardCharsets.UTF_8);
        if (!text.endsWith("\r")) {
            throw new IOException("no CR before the LF: " + text);
        }
        return text.substring(0, text.length() - 1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
