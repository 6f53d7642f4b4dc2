package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The random schedules find every wrong way to seal, long before they are through. */
@ExtendWith(LeakCheck.class)
class SchedulesCanFailTest {
    private static final int AT_MOST = 500;
    private static final int SIDE_BY_SIDE = 4;
    private static final long SEED = 1;

    @Test
    @Timeout(600)
    void everyWrongWayToSealIsFound() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SIDE_BY_SIDE);
        try {
            Map<SealingMutant, Future<String>> found = new LinkedHashMap<>();
            Arrays.stream(SealingMutant.values())
                    .forEach(mutant -> found.put(mutant, threads.submit(() -> firstFailure(mutant))));
            for (Map.Entry<SealingMutant, Future<String>> each : found.entrySet()) {
                assertThat(each.getValue().get()).as(each.getKey().name()).isNotEmpty();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** How the mutant was found; empty if it was not. */
    private static String firstFailure(SealingMutant mutant) throws Exception {
        try (Lane lane = new Lane(false, mutant.sealing())) {
            mutant.install(lane.store());
            for (int i = 0; i < AT_MOST; i++) {
                String failure = failure(new Schedule(lane, SEED, i, "s" + i));
                if (!failure.isEmpty()) {
                    return failure;
                }
            }
            return "";
        }
    }

    private static String failure(Schedule schedule) throws Exception {
        try {
            schedule.run();
            return "";
        } catch (AssertionError e) {
            assertThat(states(e))
                    .as("found by what it does, not by how it is written: %s", e.getMessage())
                    .noneMatch(state -> state.startsWith("42"));
            return String.valueOf(e.getMessage());
        }
    }

    private static List<String> states(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .filter(SQLException.class::isInstance)
                .map(cause -> String.valueOf(((SQLException) cause).getSQLState()))
                .toList();
    }
}
