package dev.realtime.sse.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.EndpointOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {
    private static final int LIMIT = 400_000;
    private static final int FOR_LARGE_ONES = 300_000;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final BodyMemory memory = new BodyMemory(LIMIT, meters);

    @Test
    void whoIsRefusedGivesBackWhatItHadAndGetsNoMore() {
        BodyMemory.Share one = memory.open("acme");
        BodyMemory.Share two = memory.open("globex");
        assertThat(one.take(200_000)).isTrue();
        assertThat(two.take(100_000)).isTrue();
        assertThat(bytes()).isEqualTo(FOR_LARGE_ONES);

        assertThat(two.take(1)).isFalse();
        assertThat(bytes()).isEqualTo(200_000);
        assertThat(refused()).isEqualTo(1);
        assertThat(two.take(1)).isFalse();
        assertThat(refused()).as("one request, refused once").isEqualTo(1);

        assertThat(one.take(100_000)).isTrue();
        one.release();
        one.release();
        two.release();
        assertThat(bytes()).isZero();
        assertThat(one.take(1)).isFalse();
        assertThat(bytes()).isZero();
    }

    @Test
    void theLastQuarterIsForSmallBodies() {
        assertThat(memory.open("acme").take(FOR_LARGE_ONES)).isTrue();
        BodyMemory.Share small = memory.open("acme");
        assertThat(small.take(BodyMemory.SMALL_BYTES)).isTrue();
        assertThat(small.take(1)).as("not small any more").isFalse();
        assertThat(memory.open("acme").take(BodyMemory.SMALL_BYTES)).isTrue();
        assertThat(memory.open("acme").take(BodyMemory.SMALL_BYTES))
                .as("really full")
                .isFalse();
    }

    @Test
    void anOrganisationsBodiesLeaveRoomForThoseOfOthers() {
        List<Boolean> greedy = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            greedy.add(memory.open("acme").take(50_000));
        }
        assertThat(greedy).contains(true, false);
        for (int i = 0; i < 250; i++) {
            memory.open("acme").take(1_000);
        }

        assertThat(memory.open("globex").take(100_000)).isTrue();
        assertThat(memory.open("initech").take(1_000)).isTrue();
    }

    @Test
    void manyAtOnceNeverExceedTheLimitAndGiveEverythingBack() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        AtomicLong most = new AtomicLong();
        try {
            List<Callable<Void>> work = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                Random random = new Random(i);
                work.add(() -> {
                    BodyMemory.Share share = memory.open("org-" + random.nextInt(3));
                    while (random.nextInt(10) != 0 && share.take(random.nextInt(40_000))) {
                        most.accumulateAndGet((long) bytes(), Math::max);
                    }
                    if (random.nextBoolean()) {
                        share.release();
                    }
                    share.release();
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isPositive().isLessThanOrEqualTo(LIMIT);
        assertThat(bytes()).isZero();
    }

    @Test
    void itIsAPartOfTheHeapButOneOfTheLargestBodiesAlwaysFits() {
        EndpointOptions options = EndpointOptions.DEFAULTS;
        assertThat(options.effectiveBodyMemoryBytes())
                .isBetween(EndpointOptions.leastBodyMemoryBytes(options.maxPayloadBytes()), 256L << 20);
        EndpointOptions large = options.withMaxPayloadBytes(64 << 20);
        BodyMemory.Share largest = new BodyMemory(large.effectiveBodyMemoryBytes(), meters).open("acme");
        assertThat(largest.take(large.largestBodyBytes())).isTrue();

        assertThat(options.withBodyMemoryBytes(10_000_000).effectiveBodyMemoryBytes())
                .isEqualTo(10_000_000);
        assertThatThrownBy(() -> BodyMemory.of(options.withBodyMemoryBytes(5_000_000), meters))
                .hasMessageContaining("5000000 is less than 6990507");
    }

    private double bytes() {
        return meters.get("realtime.bodies.bytes").gauge().value();
    }

    private double refused() {
        return meters.get("realtime.bodies.refused").counter().count();
    }
}
