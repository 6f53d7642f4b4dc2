package dev.realtime.sse.internal.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the endpoint needs to know of media types. Stateless. */
public final class MediaType {
    /** A stream. */
    public static final String EVENT_STREAM = "text/event-stream";
    /** What is published, and what is answered. */
    public static final String JSON = "application/json";
    /** An error. */
    public static final String PROBLEM = "application/problem+json";

    private MediaType() {}

    /** Whether a Content-Type header says JSON, whatever its parameters. */
    public static boolean isJson(@Nullable String contentType) {
        return contentType != null && essence(contentType).equals(JSON);
    }

    /** Whether an Accept header lets an event stream through; its absence does. */
    public static boolean acceptsEventStream(@Nullable String accept) {
        if (accept == null || accept.isBlank()) {
            return true;
        }
        for (String range : accept.split(",")) {
            String essence = essence(range);
            boolean covers = essence.equals("*/*") || essence.equals("text/*") || essence.equals(EVENT_STREAM);
            if (covers && !range.replace(" ", "").matches("(?i).*;q=0(\\.0*)?(;.*)?")) {
                return true;
            }
        }
        return false;
    }

    private static String essence(String type) {
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }
}
