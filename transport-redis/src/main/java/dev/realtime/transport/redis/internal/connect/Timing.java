package dev.realtime.transport.redis.internal.connect;

import java.time.Duration;

/** Every duration of the adapter. A black hole is noticed within {@code POLL + 2 · COMMAND}, plus a poll. */
public final class Timing {
    /** What connecting and every command are given. */
    public static final Duration COMMAND = Duration.ofSeconds(2);
    /** A way to the server is at least so fast: a large command may take longer by its size. */
    static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;
    /** The longest an answer may be on its way, however much there is of it. */
    static final Duration LONGEST_ANSWER = Duration.ofMinutes(5);
    /** Heartbeat, and poll of the heads of all followed logs. */
    public static final Duration POLL = Duration.ofSeconds(1);
    /** Poll while no wake-ups come. */
    public static final Duration DEAF_POLL = Duration.ofMillis(100);
    /** Longest wait between two attempts to connect. */
    static final Duration BACKOFF_CAP = Duration.ofSeconds(5);
    /** The first wait lasts up to this. */
    static final Duration BACKOFF_BASE = Duration.ofMillis(100);
    /** What {@code close} gives to publications under way, and to each thread. */
    public static final Duration CLOSE = Duration.ofSeconds(3);

    private Timing() {}

    /** What a command is given while so many bytes are on their way to the server. */
    static Duration forBytes(long bytes) {
        return COMMAND.plusMillis(bytes * 1_000 / SLOWEST_BYTES_PER_SECOND);
    }

    /** How old an attempt to publish may be that is repeated: clocks drift, and a call takes its time. */
    public static Duration repeatable(Duration window) {
        return window.minus(window.dividedBy(20));
    }

    /**
     * How long an organisation's meta lives untouched: longer than its entries, so that an idle log still knows its
     * head and floor, and a cursor from inside the window is judged by the log it came from.
     */
    public static Duration metaLife(Duration window) {
        return window.multipliedBy(2).plusSeconds(60);
    }

    /** How often the meta of a followed log is touched. */
    public static Duration metaTouch(Duration window) {
        return window.plusSeconds(30).dividedBy(2);
    }
}
