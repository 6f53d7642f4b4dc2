package dev.realtime.transport.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JSON value as UTF-8 bytes, checked once at the door and carried unparsed from there. Immutable; the bytes come
 * out exactly as they went in, except that line breaks between tokens are spaces (in JSON they mean the same, and a
 * server-sent event is one line).
 */
public final class JsonPayload {
    /** Deepest nesting of arrays and objects. */
    public static final int MAX_NESTING = 500;
    /** {@code {}}, the payload of an event that says nothing more. */
    public static final JsonPayload EMPTY = new JsonPayload(new byte[] {'{', '}'});

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_NESTING)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final byte[] bytes;

    private JsonPayload(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Checks and keeps a JSON text.
     *
     * @throws InvalidInputException if it is not one JSON value, is {@code null}, is not valid UTF-8, holds half of a
     *     surrogate pair or nests deeper than {@link #MAX_NESTING}; the message gives the byte offset
     */
    public static JsonPayload of(byte[] json) {
        checkUtf8(json);
        checkNotOtherEncoding(json);
        try (JsonParser parser = JSON.createParser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw invalid("payload_not_json", "is empty", 0);
            }
            if (first == JsonToken.VALUE_NULL) {
                throw invalid("payload_null", "is null; leave it out, or send a value", 0);
            }
            for (JsonToken token = first; token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME) {
                    parser.finishToken();
                }
                if (parser.getParsingContext().inRoot()
                        && token != JsonToken.START_ARRAY
                        && token != JsonToken.START_OBJECT
                        && parser.nextToken() != null) {
                    throw invalid(
                            "payload_not_json",
                            "holds more than one value",
                            parser.currentTokenLocation().getByteOffset());
                }
            }
        } catch (StreamConstraintsException e) {
            throw invalid(
                    "payload_too_deep",
                    "nests deeper than " + MAX_NESTING,
                    e.getLocation() == null ? 0 : e.getLocation().getByteOffset());
        } catch (JsonProcessingException e) {
            throw invalid(
                    "payload_not_json",
                    "is not JSON",
                    e.getLocation() == null ? 0 : e.getLocation().getByteOffset());
        } catch (IOException e) {
            throw invalid("payload_not_json", "cannot be read", 0);
        }
        int lone = loneSurrogate(json);
        if (lone >= 0) {
            throw invalid("payload_not_json", "holds half of a surrogate pair", lone);
        }
        return new JsonPayload(withoutLineBreaks(json));
    }

    /** {@link #of(byte[])} for a text. */
    public static JsonPayload of(String json) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(json));
            byte[] utf8 = new byte[encoded.remaining()];
            encoded.get(utf8);
            return of(utf8);
        } catch (CharacterCodingException e) {
            throw new InvalidInputException("payload_not_json", "payload", "payload: holds half of a surrogate pair");
        }
    }

    /** A value as Jackson writes it with its defaults. */
    public static JsonPayload from(Object value) {
        try {
            return of(MAPPER.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(
                    "payload_not_json", "payload", "payload: cannot be written as JSON: " + value.getClass());
        }
    }

    /** Bytes that an earlier {@link #of(byte[])} accepted, such as those read back from the log. Not checked, not copied. */
    public static JsonPayload trusted(byte[] json) {
        return new JsonPayload(json);
    }

    /** The UTF-8 bytes themselves: not a copy, never to be written to. */
    public byte[] bytes() {
        return bytes;
    }

    /** Size in bytes. */
    public int size() {
        return bytes.length;
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonPayload that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Raw control characters are illegal inside JSON strings, so in a checked text a line break is only white space. */
    private static byte[] withoutLineBreaks(byte[] json) {
        byte[] out = json.clone();
        for (int i = 0; i < out.length; i++) {
            if (out[i] == '\n' || out[i] == '\r') {
                out[i] = ' ';
            }
        }
        return out;
    }

    /** Jackson lets surrogates encoded as three bytes through; Java's own decoder does not. */
    private static void checkUtf8(byte[] json) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(json);
        CharBuffer out = CharBuffer.allocate(Math.min(8_192, json.length + 1));
        CoderResult result;
        do {
            out.clear();
            result = decoder.decode(in, out, true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw invalid("payload_not_utf8", "is not valid UTF-8", in.position());
        }
    }

    /** Jackson also reads UTF-16, UTF-32 and what follows a byte order mark; carried as they are, they are no JSON. */
    private static void checkNotOtherEncoding(byte[] json) {
        for (int i = 0; i < json.length; i++) {
            if (json[i] == 0) {
                throw invalid("payload_not_json", "is not JSON", i);
            }
        }
        if (json.length >= 3 && json[0] == (byte) 0xEF && json[1] == (byte) 0xBB && json[2] == (byte) 0xBF) {
            throw invalid("payload_not_json", "begins with a byte order mark", 0);
        }
    }

    /** The offset of an escaped surrogate (backslash u D8..DF) that has no partner, or -1. */
    private static int loneSurrogate(byte[] json) {
        for (int i = 0; i + 5 < json.length; i++) {
            if (json[i] != '\\') {
                continue;
            }
            int unit = json[i + 1] == 'u' ? hex4(json, i + 2) : -1;
            if (unit < 0xD800 || unit > 0xDFFF) {
                i++;
                continue;
            }
            boolean paired = unit < 0xDC00
                    && i + 11 < json.length
                    && json[i + 6] == '\\'
                    && json[i + 7] == 'u'
                    && hex4(json, i + 8) >= 0xDC00
                    && hex4(json, i + 8) <= 0xDFFF;
            if (!paired) {
                return i;
            }
            i += 11;
        }
        return -1;
    }

    private static int hex4(byte[] json, int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            value = value << 4 | Character.digit(json[i], 16);
        }
        return value;
    }

    private static InvalidInputException invalid(String code, String problem, long offset) {
        return new InvalidInputException(
                code, "payload", "payload: " + problem + " (at byte " + Math.max(0, offset) + ")");
    }
}
