package dev.realtime.transport.redis.internal.log;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names that no incarnation of a log has had. Thread-safe. */
final class FreshEpoch {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 6;

    private FreshEpoch() {}

    static String name() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
