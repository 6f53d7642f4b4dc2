package dev.realtime.system.ledger;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Server-sent events by the rules of the HTML standard: lines end in LF, CR or CRLF, an empty line ends a frame, a
 * frame that was cut is no frame. Stricter in one thing: what is not UTF-8 fails. Not thread-safe.
 */
public final class SseParser {
    private final int connection;
    private final Consumer<Frame> frames;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean afterReturn;

    private String event;
    private String id;
    private StringBuilder data;
    private Long retry;
    private boolean any;

    public SseParser(int connection, Consumer<Frame> frames) {
        this.connection = connection;
        this.frames = frames;
    }

    public void take(byte[] bytes, int length) {
        int at = 0;
        while (at < length) {
            if (bytes[at] == '\n' && afterReturn) {
                afterReturn = false;
                at++;
                continue;
            }
            afterReturn = false;
            int end = endOfLine(bytes, at, length);
            line.write(bytes, at, end - at);
            if (end < length) {
                afterReturn = bytes[end] == '\r';
                line(decoded());
            }
            at = end + 1;
        }
    }

    private static int endOfLine(byte[] bytes, int from, int length) {
        int at = from;
        while (at < length && bytes[at] != '\n' && bytes[at] != '\r') {
            at++;
        }
        return at;
    }

    private String decoded() {
        try {
            return utf8.decode(ByteBuffer.wrap(line.toByteArray())).toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8: " + line.toString(StandardCharsets.ISO_8859_1), e);
        } finally {
            line.reset();
        }
    }

    private void line(String text) {
        if (text.isEmpty()) {
            end();
            return;
        }
        int colon = text.indexOf(':');
        if (colon == 0) {
            return;
        }
        String field = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        field(field, rest.startsWith(" ") ? rest.substring(1) : rest);
    }

    private void field(String field, String value) {
        any = true;
        switch (field) {
            case "event" -> event = value;
            case "id" -> id = value;
            case "retry" -> retry = Long.valueOf(value);
            case "data" -> data = (data == null ? new StringBuilder() : data.append('\n')).append(value);
            default -> throw new AssertionError("a field that no browser knows: " + field);
        }
    }

    private void end() {
        if (any) {
            frames.accept(new Frame(connection, event, id, data == null ? null : data.toString(), retry));
        }
        event = null;
        id = null;
        data = null;
        retry = null;
        any = false;
    }
}
