package dev.realtime.sse.internal.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Records as JSON. Stateless. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Json() {}

    /** UTF-8, on one line. */
    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of ours cannot be written: " + value.getClass(), e);
        }
    }

    /** The whole of an answer's body, which nobody keeps. The status has been set. */
    public static void write(HttpServletResponse response, String mediaType, byte[] json) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        response.setContentType(mediaType);
        response.setContentLength(json.length);
        response.getOutputStream().write(json);
    }
}
