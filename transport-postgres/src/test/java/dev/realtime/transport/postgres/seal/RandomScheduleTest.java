package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.testkit.checks.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random schedules against a model, in several schemas side by side. More, or others: {@code
 * -Drealtime.schedules=10000 -Drealtime.seed=7}. A failure names its schedule; {@code -Drealtime.schedule=42} runs that
 * one alone, {@code realtime.schedules} times: what races may come out otherwise.
 */
@ExtendWith(LeakCheck.class)
class RandomScheduleTest {
    private static final int LANES = 4;
    private static final int LANES_WITH_AN_INSTANCE = 2;
    private static final int SCHEDULES = Integer.getInteger("realtime.schedules", 1_000);
    private static final long SEED = Long.getLong("realtime.seed", 20_261_120L);
    private static final int ONLY = Integer.getInteger("realtime.schedule", -1);

    @Test
    @Timeout(value = 4, unit = TimeUnit.HOURS)
    void whateverTheScheduleEveryCommittedEventIsLoggedOnceAndInOrder() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(LANES);
        AtomicBoolean failed = new AtomicBoolean();
        AtomicInteger ran = new AtomicInteger();
        List<Future<?>> lanes = new ArrayList<>();
        try {
            for (int i = 0; i < LANES; i++) {
                int lane = i;
                lanes.add(threads.submit(() -> {
                    run(lane, failed, ran);
                    return null;
                }));
            }
            for (Future<?> lane : lanes) {
                lane.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause().getMessage(), e.getCause());
        } finally {
            failed.set(true);
            threads.shutdown();
            assertThat(threads.awaitTermination(90, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(ran).hasValue(SCHEDULES);
    }

    private static void run(int number, AtomicBoolean failed, AtomicInteger ran) throws Exception {
        int laneOfTheOnly = Math.floorMod(ONLY, LANES);
        if (ONLY >= 0 && number != laneOfTheOnly) {
            return;
        }
        try (Lane lane = new Lane(number < LANES_WITH_AN_INSTANCE, "select 1")) {
            int step = ONLY >= 0 ? 1 : LANES;
            for (int i = ONLY >= 0 ? 0 : number; i < SCHEDULES && !failed.get(); i += step) {
                int schedule = ONLY >= 0 ? ONLY : i;
                new Schedule(lane, SEED, schedule, "s" + schedule + (ONLY >= 0 ? "r" + i : "")).run();
                ran.incrementAndGet();
            }
        } catch (Exception | AssertionError e) {
            failed.set(true);
            throw new AssertionError("lane " + number + ", -Drealtime.seed=" + SEED + ": " + e.getMessage(), e);
        }
    }
}
