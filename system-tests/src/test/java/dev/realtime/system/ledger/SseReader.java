package dev.realtime.system.ledger;

import dev.realtime.system.equipment.Canary;
import dev.realtime.system.equipment.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * A subscriber: one stream, over as many connections as it takes. Keeps every frame, and the last id as a browser does.
 * Thread-safe, but connect from one thread.
 */
public final class SseReader implements Subscriber, AutoCloseable {
    /** How a connection ended. */
    public enum End {
        /** In good order: after a farewell. */
        CLEAN,
        /** It broke. Over HTTP/1.1 only the missing farewell tells. */
        CUT
    }

    private static final int BUFFER = 65_536;

    private final String path;
    private final Map<String, String> headers;
    private final HttpClient http;

    // the thread that connects
    private int connections;
    private InputStream body;

    // the reading thread writes, any thread reads
    private final List<Frame> frames = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Frame> byEventId = new ConcurrentHashMap<>();
    private final AtomicInteger envelopes = new AtomicInteger();
    private volatile String lastId;
    private volatile boolean farewell;
    private volatile End end;
    private volatile Throwable failure;

    private SseReader(String path, Map<String, String> headers, HttpClient.Version version) {
        this.path = path;
        this.headers = headers;
        this.http = HttpClient.newBuilder()
                .version(version)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
    }

    /** Opens a stream, and returns when it is live. */
    public static SseReader open(URI gateway, String path) {
        return open(gateway, path, Map.of());
    }

    public static SseReader open(URI gateway, String path, Map<String, String> headers) {
        return opening(gateway, path, headers).awaitLive();
    }

    /** Opens a stream, and returns when it is answered. */
    public static SseReader opening(URI gateway, String path, Map<String, String> headers) {
        SseReader reader = new SseReader(path, headers, HttpClient.Version.HTTP_1_1);
        reader.connect(gateway);
        return reader;
    }

    /** As {@link #open(URI, String)}, by the JDK's default: it asks for an upgrade to HTTP/2, and gets none. */
    public static SseReader openAskingForHttp2(URI gateway, String path) {
        SseReader reader = new SseReader(path, Map.of(), HttpClient.Version.HTTP_2);
        reader.connect(gateway);
        return reader.awaitLive();
    }

    /** Opens a stream that resumes, and returns when it is live. */
    public static SseReader resume(URI gateway, String path, String cursor) {
        SseReader reader = new SseReader(path, Map.of(), HttpClient.Version.HTTP_1_1);
        reader.lastId = cursor;
        reader.connect(gateway);
        return reader.awaitLive();
    }

    /** Goes on from where it is, maybe elsewhere, as a browser does when its connection has ended. */
    public void connect(URI gateway) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(gateway.resolve(path)).header("Accept", "text/event-stream");
        headers.forEach(request::header);
        if (lastId != null) {
            request.header("Last-Event-ID", lastId);
        }
        try {
            HttpResponse<InputStream> response =
                    http.send(request.timeout(Patience.ALL).build(), BodyHandlers.ofInputStream());
            if (response.statusCode() != 200) {
                throw new AssertionError("no stream: " + response.statusCode());
            }
            connections++;
            farewell = false;
            end = null;
            body = response.body();
            SseParser parser = new SseParser(connections, this::record);
            Thread thread = new Thread(() -> read(response.body(), parser), "reader-" + gateway + path);
            thread.setDaemon(true);
            thread.start();
        } catch (IOException e) {
            throw new AssertionError("no stream from " + gateway, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Returns when the newest connection has been told that its replay is finished. */
    public SseReader awaitLive() {
        await("live", frame -> frame.is("realtime.live"));
        return this;
    }

    /** The first frame like this on the newest connection, when it comes. */
    public Frame await(String what, Predicate<Frame> wanted) {
        Predicate<Frame> here = frame -> frame.connection() == connections && wanted.test(frame);
        Patience.until(what + " on " + path, () -> frames().stream().anyMatch(here));
        return frames().stream().filter(here).findFirst().orElseThrow();
    }

    /** Returns when it has so many events, on all connections. */
    public void awaitEvents(int number) {
        Patience.until(number + " events on " + path, () -> sound() && envelopes.get() >= number);
    }

    /** Returns when it has the event with this id. */
    public Frame awaitEvent(String id) {
        Patience.until("event " + id + " on " + path, () -> sound() && byEventId.containsKey(id));
        return byEventId.get(id);
    }

    /** Whether the newest connection has ended. */
    boolean hasEnded() {
        return end != null;
    }

    /** Waits for the newest connection's end. */
    public End awaitEnd() {
        Patience.until("the end of " + path, () -> end != null);
        return end;
    }

    /** Everything so far. */
    public List<Frame> frames() {
        sound();
        synchronized (frames) {
            return List.copyOf(frames);
        }
    }

    @Override
    public List<Told> told() {
        return Told.by(frames());
    }

    @Override
    public boolean has(String eventId) {
        return sound() && byEventId.containsKey(eventId);
    }

    public List<Frame> envelopes() {
        return frames().stream().filter(Frame::isEnvelope).toList();
    }

    /** Those of this name. */
    public List<Frame> named(String event) {
        return frames().stream().filter(frame -> frame.is(event)).toList();
    }

    /** The last id. */
    public String cursor() {
        return lastId;
    }

    /** Leaves without a word. */
    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException gone) {
            end = End.CUT;
        }
    }

    private void record(Frame frame) {
        Canary.searched("a stream", String.valueOf(frame.data()));
        frames.add(frame);
        if (frame.id() != null) {
            lastId = frame.id();
        }
        farewell |= frame.is("realtime.close");
        if (frame.isEnvelope()) {
            byEventId.putIfAbsent(frame.json().path("id").asText(), frame);
            envelopes.incrementAndGet();
        }
    }

    /** True. Fails if something came that is no stream. */
    private boolean sound() {
        if (failure != null) {
            throw new AssertionError("the stream is broken", failure);
        }
        return true;
    }

    private void read(InputStream in, SseParser parser) {
        byte[] buffer = new byte[BUFFER];
        End ended = End.CUT;
        try {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                parser.take(buffer, length);
            }
            ended = farewell ? End.CLEAN : End.CUT;
        } catch (IOException cut) {
            // as it stands
        } catch (RuntimeException | AssertionError e) {
            failure = e;
            throw e;
        } finally {
            end = ended;
        }
    }
}
