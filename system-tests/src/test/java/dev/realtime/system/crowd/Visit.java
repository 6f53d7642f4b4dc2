package dev.realtime.system.crowd;

import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.SseParser;
import dev.realtime.system.ledger.Told;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;

/** One short stream: what it asked for, and what it was told until it left. For one thread. */
public final class Visit {
    private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final String STREAM = "/realtime/stream";

    private final String path;
    private final String cursor;
    private final int patience;
    private final boolean wanders;
    private final SseParser parser = new SseParser(1, this::hear);
    private final Chunks chunks = new Chunks(parser::take);
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final List<Long> offsets = new ArrayList<>();
    private final List<Integer> numbers = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    private int headMatched;
    private String start;
    private String last;
    private Long retry;
    private boolean live;
    private boolean told;
    private boolean over;

    /**
     * @param cursor where it resumes; null for a fresh stream
     * @param patience how many events it reads before it leaves
     */
    Visit(String cursor, int patience) {
        this(STREAM, cursor, patience, false);
    }

    private Visit(String path, String cursor, int patience, boolean wanders) {
        this.path = path;
        this.cursor = cursor;
        this.patience = patience;
        this.wanders = wanders;
    }

    /** One that stays, for events of this type only. */
    public static Visit staying(String eventType) {
        return new Visit(STREAM + "?events=" + eventType, null, Integer.MAX_VALUE, false);
    }

    /** The same, and it may be sent away: it has to be told of it. */
    static Visit wandering(String eventType) {
        return new Visit(STREAM + "?events=" + eventType, null, Integer.MAX_VALUE, true);
    }

    /** One that stays, and resumes at this cursor; null for a fresh stream. */
    static Visit stayingFrom(String cursor) {
        return new Visit(STREAM, cursor, Integer.MAX_VALUE, false);
    }

    /** The next one of who was sent away: it asks for the same, from the last cursor that it was told. */
    Visit goingOn() {
        return new Visit(path, last, patience, wanders);
    }

    ByteBuffer request() {
        return ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n"
                        + (cursor == null ? "" : "Last-Event-ID: " + cursor + "\r\n") + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether it has read what it wanted to. */
    boolean satisfied() {
        return offsets.size() >= patience || !faults.isEmpty();
    }

    /** Whether it was told that its replay was finished. */
    public boolean wasHandedOver() {
        return live;
    }

    /** Whether it was told to come back, and then its stream ended. */
    boolean wasSentAway() {
        return told && over;
    }

    /** Whether it goes on where another one was sent away. */
    boolean resumes() {
        return cursor != null;
    }

    /** How long a browser waits after this stream's end: what it was told last. */
    long retryMillis() {
        return retry;
    }

    int events() {
        return offsets.size();
    }

    /** Where it would resume: the last cursor that it was told. */
    String last() {
        return last;
    }

    /** Whether it has been told the event at this offset, or a later one. */
    boolean reached(long offset) {
        return !offsets.isEmpty() && offsets.get(offsets.size() - 1) >= offset;
    }

    /** Whether something was told that a stream in good order is not. */
    public boolean isHarmed() {
        return !faults.isEmpty();
    }

    /** Bytes as they come: a head, then the body. */
    void take(byte[] bytes, int length) {
        int at = 0;
        for (; at < length && headMatched < HEAD_END.length; at++) {
            byte next = bytes[at];
            head.write(next);
            headMatched = next == HEAD_END[headMatched] ? headMatched + 1 : next == '\r' ? 1 : 0;
        }
        byte[] body = Arrays.copyOfRange(bytes, at, length);
        if (Chunks.areIn(head.toByteArray())) {
            chunks.take(body, body.length);
        } else {
            parser.take(body, body.length);
        }
    }

    /** The server ended it. */
    void ended() {
        over = true;
        if (!told) {
            faults.add("ended by the server");
        } else if (Chunks.areIn(head.toByteArray()) && !chunks.isOver()) {
            faults.add("cut behind its farewell");
        }
    }

    /** What is wrong with it, by the whole log. */
    List<String> faults(NavigableMap<Long, Integer> log) {
        List<String> all = new ArrayList<>(faults);
        if (start == null) {
            all.add("never opened");
            return all;
        }
        if (cursor != null && !cursor.equals(start)) {
            all.add("asked for " + cursor + ", begins at " + start);
        }
        long after = Told.offset(start);
        for (int i = 0; i < offsets.size(); i++) {
            Map.Entry<Long, Integer> expected = log.higherEntry(after);
            long offset = offsets.get(i);
            if (expected == null
                    || expected.getKey() != offset
                    || !expected.getValue().equals(numbers.get(i))) {
                all.add("after " + after + ": event " + numbers.get(i) + " at " + offset + ", not " + expected);
                return all;
            }
            after = offset;
        }
        if (last != null && log.higherKey(after) != null && log.higherKey(after) <= Told.offset(last)) {
            all.add("after " + after + ": nothing, and yet the cursor is " + last);
        }
        return all;
    }

    private void hear(Frame frame) {
        if (satisfied()) {
            return;
        }
        last = frame.id() == null ? last : frame.id();
        retry = frame.retry() == null ? retry : frame.retry();
        if (frame.is("realtime.open")) {
            start = frame.id();
        } else if (frame.is("realtime.live")) {
            live = true;
        } else if (frame.isEnvelope()) {
            offsets.add(Told.offset(frame.id()));
            numbers.add(Integer.valueOf(frame.json().path("id").asText()));
        } else if (wanders && frame.is("realtime.close")) {
            told = frame.json().path("reconnect").asBoolean();
        } else if (frame.data() != null && !frame.isHeartbeat()) {
            faults.add("told " + frame);
        }
    }
}
