package dev.realtime.sse.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Builds one server-sent event's bytes, field by field. Not thread-safe. */
final class SseEncoder {
    /** A line that clients skip. */
    private static final byte[] COMMENT = {':', '\n', '\n'};

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};

    private final ByteArrayOutputStream out;

    private SseEncoder(int expectedSize) {
        this.out = new ByteArrayOutputStream(expectedSize);
    }

    static SseEncoder frame() {
        return new SseEncoder(128);
    }

    /** A frame whose data is about this large. */
    static SseEncoder frame(int dataSize) {
        return new SseEncoder(dataSize + 160);
    }

    static byte[] comment() {
        return COMMENT;
    }

    SseEncoder event(String name) {
        return field("event", oneLine(name));
    }

    SseEncoder id(String id) {
        return field("id", oneLine(id));
    }

    SseEncoder retry(long millis) {
        return field("retry", Long.toString(millis));
    }

    SseEncoder data(String text) {
        return data(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One {@code data:} line for each line of the text, whether it ends in CR, LF or CRLF. */
    SseEncoder data(byte[] text) {
        int start = 0;
        for (int i = 0; i < text.length; i++) {
            if (text[i] == '\n' || text[i] == '\r') {
                dataLine(text, start, i);
                if (text[i] == '\r' && i + 1 < text.length && text[i + 1] == '\n') {
                    i++;
                }
                start = i + 1;
            }
        }
        dataLine(text, start, text.length);
        return this;
    }

    /** The frame, with the empty line that ends it. */
    byte[] bytes() {
        out.write('\n');
        return out.toByteArray();
    }

    private void dataLine(byte[] text, int from, int to) {
        out.writeBytes(DATA);
        out.write(text, from, to - from);
        out.write('\n');
    }

    private SseEncoder field(String name, String value) {
        out.writeBytes((name + ": " + value + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    private static String oneLine(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\n' || c == '\r' || c == 0) {
                throw new IllegalArgumentException("a line break or NUL in an id or event name");
            }
        }
        return value;
    }
}
