package dev.realtime.system.browser;

import dev.realtime.sse.internal.stream.EncodedCorpus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Serves the same frames to everybody: at {@code /whole} in large writes, at {@code /pieces} in TCP segments of any size
 * from one byte on (fault 25). What else is asked for is an empty page. One thread for each connection.
 */
final class CorpusServer implements AutoCloseable {
    private static final int LARGEST_PIECE = 2_000;

    private final EncodedCorpus corpus;
    private final ServerSocket listener;

    private CorpusServer(EncodedCorpus corpus, ServerSocket listener) {
        this.corpus = corpus;
        this.listener = listener;
    }

    static CorpusServer start(EncodedCorpus corpus) {
        try {
            CorpusServer server = new CorpusServer(corpus, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            daemon(server::accept);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI address(String path) {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + path);
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                daemon(() -> serve(socket));
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            String request = in.readLine();
            for (String line = request; line != null && !line.isEmpty(); line = in.readLine()) {
                // the headers do not matter
            }
            OutputStream out = socket.getOutputStream();
            if (request == null) {
                return;
            }
            if (request.startsWith("GET /whole ")) {
                head(out, "text/event-stream");
                out.write(corpus.bytes());
            } else if (request.startsWith("GET /pieces ")) {
                head(out, "text/event-stream");
                inPieces(out);
            } else {
                head(out, "text/html");
            }
            out.flush();
        } catch (IOException clientHasLeft) {
            // it has heard the last frame
        }
    }

    private static void head(OutputStream out, String type) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    /** Every third is a single byte, and the first hundred are. */
    private void inPieces(OutputStream out) throws IOException {
        Random random = new Random(25);
        byte[] bytes = corpus.bytes();
        int number = 0;
        for (int at = 0; at < bytes.length; number++) {
            int size = number < 100 || random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(LARGEST_PIECE);
            size = Math.min(size, bytes.length - at);
            out.write(bytes, at, size);
            out.flush();
            at += size;
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "corpus-server");
        thread.setDaemon(true);
        thread.start();
    }
}
