package dev.realtime.system.seam;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.SseParser;
import dev.realtime.system.ledger.Subscriber;
import dev.realtime.system.ledger.Told;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A stream by plain sockets, over as many connections as it takes: as cheap as a case of thousands has to be. Thread-safe. */
final class SeamStream implements Subscriber, AutoCloseable {
    static final String NO_CURSOR = "no-cursor";

    private final String name;
    private final URI gateway;
    private final String path;
    private final String token;
    private final String body;
    private final SeamBell bell;

    private final List<Frame> frames = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> events = ConcurrentHashMap.newKeySet();
    private volatile int connections;
    private volatile Socket socket;
    private volatile String lastId;
    private volatile boolean live;
    private volatile boolean ended;
    private volatile boolean startsAnew;
    private volatile String trouble;

    /** @param body of the request, null for none: a request with one stays with the container */
    SeamStream(String name, URI gateway, String path, String token, String body, SeamBell bell) {
        this.name = name;
        this.gateway = gateway;
        this.path = path;
        this.token = token;
        this.body = body;
        this.bell = bell;
    }

    SeamStream from(String cursor) {
        lastId = cursor;
        return this;
    }

    /** Asks, and does not wait. */
    SeamStream connect() {
        return connect(path, token);
    }

    /** Asks with a credential of its own. */
    SeamStream connect(String path, String token) {
        try {
            Socket fresh = new Socket(InetAddress.getLoopbackAddress(), gateway.getPort());
            fresh.setTcpNoDelay(true);
            socket = fresh;
            ended = false;
            live = false;
            int connection = connections + 1; // only one thread connects
            connections = connection;
            startsAnew = connection > 1 && (lastId == null || lastId.equals(NO_CURSOR));
            String cursor = lastId == null ? "" : "Last-Event-ID: " + lastId + "\r\n";
            String length = body == null ? "" : "Content-Length: " + body.length() + "\r\n";
            String credential = token == null ? "" : "Authorization: Bearer " + token + "\r\n";
            fresh.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + credential + cursor + length + "\r\n"
                                    + (body == null ? "" : body))
                            .getBytes(ISO_8859_1));
            Thread thread = new Thread(() -> read(fresh, connection), "seam-stream-" + name);
            thread.setDaemon(true);
            thread.start();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isLive() {
        return live;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Whether it had to come back before it had any position: it hears what comes from then on. */
    boolean isFresh() {
        return startsAnew;
    }

    int connections() {
        return connections;
    }

    /** What came that is no stream; null if nothing did. */
    String trouble() {
        return trouble;
    }

    /** The last id. */
    String cursor() {
        return lastId;
    }

    @Override
    public List<Told> told() {
        synchronized (frames) {
            return Told.by(frames);
        }
    }

    @Override
    public boolean has(String eventId) {
        return events.contains(eventId);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        synchronized (frames) {
            return name + " (" + connections + " connections, " + (ended ? "ended" : live ? "live" : "not live")
                    + ", last frame " + (frames.isEmpty() ? "none" : frames.get(frames.size() - 1)) + ")";
        }
    }

    private void read(Socket from, int connection) {
        try (from) {
            InputStream in = new BufferedInputStream(from.getInputStream());
            String status = line(in);
            boolean chunked = false;
            for (String header = line(in); !header.isEmpty(); header = line(in)) {
                chunked |= header.toLowerCase(Locale.ROOT).equals("transfer-encoding: chunked");
            }
            if (status.contains(" 200 ")) {
                frames(in, chunked, new SseParser(connection, this::record));
            }
        } catch (IOException cut) {
            // as it stands
        } catch (RuntimeException | AssertionError e) {
            trouble = e.toString();
        } finally {
            if (connection == connections) {
                ended = true;
            }
            bell.ring();
        }
    }

    private static void frames(InputStream in, boolean chunked, SseParser parser) throws IOException {
        byte[] buffer = new byte[8_192];
        int left = chunked ? 0 : Integer.MAX_VALUE;
        while (true) {
            if (chunked && left == 0) {
                String size = line(in);
                left = Integer.parseInt(size.isEmpty() ? line(in) : size, 16);
                if (left == 0) {
                    return;
                }
            }
            int length = in.read(buffer, 0, Math.min(buffer.length, left));
            if (length < 0) {
                return;
            }
            parser.take(buffer, length);
            left -= chunked ? length : 0;
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("cut");
            }
            line.write(c);
        }
        return line.toString(ISO_8859_1).strip();
    }

    private void record(Frame frame) {
        frames.add(frame);
        lastId = frame.id() == null ? lastId : frame.id();
        live |= frame.is("realtime.live");
        if (frame.isEnvelope()) {
            events.add(frame.json().path("id").asText());
        }
        bell.ring();
    }
}
