package dev.realtime.sse.internal.stream;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Builds one server-sent event's bytes, field by field, in the order {@code event}, {@code data}, {@code retry},
 * {@code id}: a client that takes the cursor as soon as its line is there has all of the data by then. Not thread-safe.
 */
final class SseEncoder {
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};

    /** The first byte of NEL in UTF-8, C2 85. */
    private static final byte NEL_FIRST = (byte) 0xC2;

    private static final byte NEL_SECOND = (byte) 0x85;
    /** The first byte of LS and PS in UTF-8, E2 80 A8 and E2 80 A9. */
    private static final byte SEPARATOR_FIRST = (byte) 0xE2;

    private static final byte SEPARATOR_SECOND = (byte) 0x80;
    private static final byte LS_THIRD = (byte) 0xA8;
    private static final byte PS_THIRD = (byte) 0xA9;

    private static final byte[] NEL_ESCAPED = "\\u0085".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LS_ESCAPED = "\\u2028".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PS_ESCAPED = "\\u2029".getBytes(StandardCharsets.US_ASCII);

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

    SseEncoder event(String name) {
        return field("event", oneLine(name));
    }

    SseEncoder retry(long millis) {
        return field("retry", Long.toString(millis));
    }

    SseEncoder data(String json) {
        return data(json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * One {@code data:} line for each line of the JSON text, whether it ends in CR, LF or CRLF. What only Unicode takes
     * for the end of a line, NEL, LS and PS, can stand in a JSON string alone, and is escaped there.
     */
    SseEncoder data(byte[] json) {
        out.writeBytes(DATA);
        int from = 0;
        for (int i = 0; i < json.length; i++) {
            byte next = json[i];
            if (next > '\r') {
                continue;
            }
            if (next == '\n' || next == '\r') {
                out.write(json, from, i - from);
                out.write('\n');
                out.writeBytes(DATA);
                if (next == '\r' && i + 1 < json.length && json[i + 1] == '\n') {
                    i++;
                }
                from = i + 1;
            } else if (next == NEL_FIRST || next == SEPARATOR_FIRST) {
                byte[] escaped = escaped(json, i);
                if (escaped != null) {
                    out.write(json, from, i - from);
                    out.writeBytes(escaped);
                    i += next == NEL_FIRST ? 1 : 2;
                    from = i + 1;
                }
            }
        }
        out.write(json, from, json.length - from);
        out.write('\n');
        return this;
    }

    /** The frame, without a cursor: with the empty line that ends it. */
    byte[] bytes() {
        out.write('\n');
        return out.toByteArray();
    }

    /** The frame, with the cursor that stands behind it; null for none. */
    byte[] bytes(@Nullable String id) {
        if (id != null) {
            field("id", oneLine(id));
        }
        return bytes();
    }

    /** How NEL, LS or PS is written, if one of them begins here. */
    private static byte @Nullable [] escaped(byte[] json, int at) {
        if (json[at] == NEL_FIRST) {
            return at + 1 < json.length && json[at + 1] == NEL_SECOND ? NEL_ESCAPED : null;
        }
        if (at + 2 >= json.length || json[at + 1] != SEPARATOR_SECOND) {
            return null;
        }
        return json[at + 2] == LS_THIRD ? LS_ESCAPED : json[at + 2] == PS_THIRD ? PS_ESCAPED : null;
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
