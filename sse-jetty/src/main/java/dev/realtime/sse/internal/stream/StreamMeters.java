package dev.realtime.sse.internal.stream;

import dev.realtime.sse.internal.http.Rates;
import dev.realtime.sse.internal.http.WallClock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What the streams count. Thread-safe. */
public final class StreamMeters {
    private final WallClock clock = new WallClock();
    private final MeterRegistry registry;
    private final Timer commitToWrite;
    private final Map<CloseReason, Counter> closes = new EnumMap<>(CloseReason.class);
    private final Map<String, Counter> refusals = new HashMap<>();

    public StreamMeters(MeterRegistry registry) {
        this.registry = registry;
        this.commitToWrite = Timer.builder("realtime.commit.to.write")
                .description("From the log's commit of an event to the write of it; the oldest event of each write")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(25),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(registry);
        for (CloseReason reason : CloseReason.values()) {
            closes.put(
                    reason,
                    Counter.builder("realtime.stream.closes")
                            .description("Streams that have ended")
                            .tag("reason", reason.wireName())
                            .register(registry));
        }
        for (Seats.Kind kind : Seats.Kind.values()) {
            countRefusals(kind.wireName());
        }
        countRefusals(Replays.WIRE_NAME);
        countRefusals(Rates.WIRE_NAME);
        countRefusals(Farewells.WIRE_NAME);
    }

    MeterRegistry registry() {
        return registry;
    }

    private void countRefusals(String limit) {
        refusals.put(
                limit,
                Counter.builder("realtime.streams.refused")
                        .description("Streams that found a limit reached")
                        .tag("limit", limit)
                        .register(registry));
    }

    /** A stream found this limit reached: a seat's, that of replays, or the credential's rate. */
    void refused(String limit) {
        Counter counter = refusals.get(limit);
        if (counter != null) {
            counter.increment();
        }
    }

    void count(Replays replays) {
        Gauge.builder("realtime.replays", replays, Replays::reading)
                .description("Streams that read the log from their cursor now")
                .register(registry);
        Gauge.builder("realtime.replays.waiting", replays, Replays::waiting)
                .description("Streams that wait until they may read the log")
                .register(registry);
    }

    void count(Set<?> openStreams) {
        Gauge.builder("realtime.streams", openStreams, Set::size)
                .description("Streams open now")
                .register(registry);
    }

    void closed(CloseReason reason) {
        Counter counter = closes.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Clocks differ: an event from the future counts as one of now. */
    void written(long loggedAtMicros) {
        commitToWrite.record(Math.max(0, clock.micros() - loggedAtMicros), TimeUnit.MICROSECONDS);
    }
}
