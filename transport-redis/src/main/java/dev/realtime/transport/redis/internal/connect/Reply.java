package dev.realtime.transport.redis.internal.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What a server answers, as the driver gives it. Stateless. */
public final class Reply {
    private Reply() {}

    /** A string: bytes, which are text here. */
    public static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
