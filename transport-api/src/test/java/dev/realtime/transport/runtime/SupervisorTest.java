package dev.realtime.transport.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

public class SupervisorTest {
    private final AtomicReference<OutOfMemoryError> outOfMemory = new AtomicReference<>();
    private final Supervisor supervisor = new Supervisor(Clock.systemUTC(), outOfMemory::set);

    /** What any line of Java may throw. */
    static List<Throwable> throwables() {
        return List.of(
                new IllegalStateException("seam"),
                new OutOfMemoryError("seam"),
                new StackOverflowError("seam"),
                new AssertionError("seam"),
                new Exception("checked, thrown unseen"));
    }

    /** What any call may throw that declares nothing. */
    public static List<Throwable> unchecked() {
        return List.of(new IllegalStateException("seam"), new OutOfMemoryError("seam"), new StackOverflowError("seam"));
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void loopSurvivesWhateverARoundThrows(Throwable failure) {
        BlockingQueue<Integer> rounds = new LinkedBlockingQueue<>();
        AtomicInteger round = new AtomicInteger();
        Loop loop = supervisor
                .loop("part", () -> {
                    int number = round.incrementAndGet();
                    rounds.add(number);
                    if (number <= 2) {
                        sneak(failure);
                    }
                    return number < 4;
                })
                .start();

        loop.join(10_000);

        assertThat(loop.isAlive()).isFalse();
        assertThat(rounds).containsExactly(1, 2, 3, 4);
        assertThat(failures()).isEqualTo(2);
        assertThat(supervisor.troubles().all()).isEmpty();
    }

    @Test
    void loopThatFailsAgainAndAgainIsABlockingTroubleUntilARoundGoesWell() {
        AtomicBoolean broken = new AtomicBoolean(true);
        BlockingQueue<Boolean> well = new LinkedBlockingQueue<>();
        Loop loop = supervisor
                .loop("part", () -> {
                    if (broken.get()) {
                        throw new StackOverflowError("seam");
                    }
                    return well.offer(true) && well.size() < 3;
                })
                .start();

        await().untilAsserted(() -> assertThat(supervisor.troubles().all())
                .singleElement()
                .satisfies(trouble -> {
                    assertThat(trouble.part()).isEqualTo("part");
                    assertThat(trouble.blocking()).isTrue();
                    assertThat(trouble.cause()).contains("StackOverflowError").doesNotContain("seam");
                }));

        broken.set(false);
        loop.join(10_000);
        assertThat(well).hasSize(3);
        assertThat(supervisor.troubles().all()).isEmpty();
    }

    @Test
    void roundThatWaitsForWorkAfterAFailureIsNoTroubleForLong() throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        AtomicBoolean failed = new AtomicBoolean();
        Loop loop = supervisor
                .loop("part", () -> {
                    if (!failed.getAndSet(true)) {
                        throw new IllegalStateException("once");
                    }
                    return !over.await(20, TimeUnit.SECONDS);
                })
                .start();

        await().until(() -> failures() == 1);
        await().until(() -> supervisor.troubles().all().isEmpty());
        assertThat(loop.isAlive()).isTrue();
        over.countDown();
        loop.join(10_000);
        assertThat(loop.isAlive()).isFalse();
    }

    @Test
    void loopThatIsStoppedDoesNotWaitForItsBackoff() {
        Loop loop = supervisor
                .loop("part", () -> {
                    throw new IllegalStateException("always");
                })
                .start();
        await().until(() -> failures() >= 5);

        loop.stop();
        loop.join(10_000);

        assertThat(loop.isAlive()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void timerGoesOnAfterATaskThatThrows(Throwable failure) {
        try (Timer timer = supervisor.timer("timer")) {
            BlockingQueue<String> ran = new LinkedBlockingQueue<>();
            AtomicBoolean broken = new AtomicBoolean(true);
            timer.every(Duration.ofMillis(1), () -> {
                if (broken.get()) {
                    SupervisorTest.<RuntimeException>sneak(failure);
                }
                ran.add("repeated");
            });
            timer.execute(() -> SupervisorTest.<RuntimeException>sneak(failure));
            timer.later(Duration.ofMillis(5), () -> ran.add("once"));

            await().until(() -> ran.contains("once") && failures() >= 3);
            assertThat(supervisor.troubles().all()).extracting(Trouble::part).containsExactly("timer");

            broken.set(false);
            await().until(() -> ran.contains("repeated"));
            await().until(() -> supervisor.troubles().all().isEmpty());
        }
    }

    @Test
    void timerRunsTasksInTheOrderInWhichTheyAreDue() throws InterruptedException {
        try (Timer timer = supervisor.timer("timer")) {
            CountDownLatch all = new CountDownLatch(3);
            List<String> ran = new CopyOnWriteArrayList<>();
            CountDownLatch given = new CountDownLatch(1);
            CountDownLatch begun = new CountDownLatch(1);
            timer.execute(() -> {
                begun.countDown();
                try {
                    given.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            begun.await();
            // Due an hour apart, so that it does not matter how long it takes to give them.
            timer.later(Duration.ZERO, () -> {
                ran.add("last");
                all.countDown();
            });
            for (String name : List.of("first", "second")) {
                timer.later(Duration.ofHours(-1), () -> {
                    ran.add(name);
                    all.countDown();
                });
            }
            given.countDown();

            assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(ran).containsExactly("first", "second", "last");
        }
    }

    @ParameterizedTest
    @MethodSource("throwables")
    void workersSurviveTasksThatThrow(Throwable failure) {
        try (Workers workers = supervisor.workers("worker", 2)) {
            BlockingQueue<Integer> ran = new LinkedBlockingQueue<>();
            for (int i = 0; i < 10; i++) {
                workers.execute(() -> SupervisorTest.<RuntimeException>sneak(failure));
            }
            for (int i = 0; i < 10; i++) {
                int number = i;
                workers.execute(() -> ran.add(number));
            }

            await().until(() -> ran.size() == 10);
            assertThat(failures()).isEqualTo(10);
        }
    }

    @Test
    void closedTimersAndWorkersRefuseAndEnd() {
        Timer timer = supervisor.timer("timer");
        Workers workers = supervisor.workers("worker", 1);
        timer.close();
        workers.close();

        assertThatThrownBy(() -> timer.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        assertThatThrownBy(() -> workers.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread ->
                        thread.getName().equals("timer") || thread.getName().startsWith("worker-")));
    }

    @Test
    void fullHeapIsToldWhereverItIsFoundAndNothingElseIs() {
        assertThat(supervisor.guard("part", () -> {
                    throw new IllegalStateException("no");
                }))
                .isFalse();
        assertThat(outOfMemory).hasValue(null);

        OutOfMemoryError full = new OutOfMemoryError("seam");
        supervisor.failed("part", new IllegalStateException("wrapped", full));
        assertThat(outOfMemory).hasValue(full);
    }

    @Test
    void troublesAreOneForEachPartAndKeepTheirBeginning() {
        Troubles troubles = supervisor.troubles();
        troubles.raise("b", "first");
        Trouble before = troubles.all().get(0);
        troubles.raise("b", "second");
        troubles.raiseBlocking("a", "other");

        assertThat(troubles.all()).extracting(Trouble::part).containsExactly("a", "b");
        assertThat(troubles.all()).extracting(Trouble::cause).containsExactly("other", "second");
        assertThat(troubles.all()).extracting(Trouble::blocking).containsExactly(true, false);
        assertThat(troubles.all().get(1).since()).isEqualTo(before.since());

        troubles.clear("b");
        troubles.clear("never raised");
        assertThat(troubles.all()).extracting(Trouble::part).containsExactly("a");
    }

    private long failures() {
        return (long) supervisor.measures().stream()
                .filter(measure -> measure.name().equals("realtime.failures"))
                .findFirst()
                .orElseThrow()
                .value()
                .getAsDouble();
    }
}
