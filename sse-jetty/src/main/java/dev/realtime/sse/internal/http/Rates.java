package dev.realtime.sse.internal.http;

import dev.realtime.sse.Caller;
import dev.realtime.sse.ProblemCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How much each credential asks for: a token bucket for each organisation and user, of two seconds' worth. A request is
 * one, and so is each event in it. What is allowed may overdraw, so that the largest publication is never too large for
 * a bucket: the next ones wait for it. Thread-safe; never blocks.
 */
public final class Rates {
    /** As it stands in metrics. */
    public static final String WIRE_NAME = "rate";

    private static final double BURST_SECONDS = 2;
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int perSecond;
    private final LongSupplier nanoTime;
    private final Counter refusals;

    /** Those that are not full: who is missing may take as much as ever. */
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    private record Bucket(double level, long atNanos) {}

    /** @param perSecond what each may ask for, 1 or more */
    public Rates(int perSecond, LongSupplier nanoTime, MeterRegistry meters) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
        this.refusals = Counter.builder("realtime.requests.refused")
                .description("Requests refused because their credential asked for more than it may in a second")
                .register(meters);
    }

    /** Takes so much, or refuses. */
    public void require(Caller caller, int amount) {
        if (!take(caller, amount)) {
            throw refusal();
        }
    }

    public ProblemException refusal() {
        return Problem.of(
                        ProblemCode.TOO_MANY_REQUESTS,
                        "this credential asks for more than " + perSecond
                                + " a second, requests and published events together; nothing was done, try again"
                                + " later")
                .sized(perSecond, null)
                .refusal();
    }

    public boolean take(Caller caller, int amount) {
        long now = nanoTime.getAsLong();
        boolean[] taken = new boolean[1];
        buckets.compute(key(caller), (same, bucket) -> {
            double level = bucket == null ? most() : levelNow(bucket, now);
            taken[0] = level > 0;
            return new Bucket(taken[0] ? level - amount : level, now);
        });
        if (!taken[0]) {
            refusals.increment();
        }
        return taken[0];
    }

    /** By the streams' clock: lets go of whoever has been quiet. */
    public void tick() {
        long now = nanoTime.getAsLong();
        for (String key : buckets.keySet()) {
            buckets.computeIfPresent(key, (same, bucket) -> levelNow(bucket, now) >= most() ? null : bucket);
        }
    }

    int known() {
        return buckets.size();
    }

    private double levelNow(Bucket bucket, long now) {
        return Math.min(most(), bucket.level() + perSecond * ((now - bucket.atNanos()) / NANOS));
    }

    private double most() {
        return BURST_SECONDS * perSecond;
    }

    private static String key(Caller caller) {
        return caller.userId() == null ? caller.orgId() : caller.orgId() + ' ' + caller.userId();
    }
}
