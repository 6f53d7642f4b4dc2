package dev.realtime.benchmarks.equipment;

import java.time.Instant;

/** A body of 200 bytes that says when it was published. */
public final class Payload {
    static final int BYTES = 200;

    private static final String PADDING = "x".repeat(BYTES);
    private static final String BEGIN = "{\"t\":";
    private static final String MIDDLE = ",\"p\":\"";
    private static final String END = "\"}";

    private Payload() {}

    public static String now() {
        String time = Long.toString(nanos());
        int padding = BYTES - BEGIN.length() - time.length() - MIDDLE.length() - END.length();
        return BEGIN + time + MIDDLE + PADDING.substring(0, padding) + END;
    }

    /** When it was published, in nanoseconds of the clock that all processes of a machine share. */
    static long publishedAt(byte[] payload) {
        long nanos = 0;
        for (int i = BEGIN.length(); payload[i] != ','; i++) {
            nanos = nanos * 10 + (payload[i] - '0');
        }
        return nanos;
    }

    public static long nanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }
}
