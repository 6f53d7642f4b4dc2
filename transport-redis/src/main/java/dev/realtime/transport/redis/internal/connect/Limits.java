package dev.realtime.transport.redis.internal.connect;

import dev.realtime.transport.PublicationRefusedException;

/**
 * What a server takes at once; it closes the connection on whoever sends more.
 *
 * @param value largest value in bytes
 * @param command largest command in bytes, all values together
 */
public record Limits(long value, long command) {
    static final Limits UNKNOWN = new Limits(Long.MAX_VALUE, Long.MAX_VALUE);

    /** Throws if the server would not take these. */
    public void require(long largestValue, long together) {
        if (largestValue > value) {
            throw new PublicationRefusedException(
                    "redis: payload or user_ids of " + largestValue + " bytes; the server takes at most " + value
                            + " (proto-max-bulk-len)",
                    false,
                    null);
        }
        if (together > command) {
            throw new PublicationRefusedException(
                    "redis: " + together + " bytes together; the server takes at most " + command
                            + " (client-query-buffer-limit)",
                    false,
                    null);
        }
    }
}
