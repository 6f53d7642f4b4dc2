package dev.realtime.transport.postgres.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.realtime.transport.postgres.internal.listen.ListenerState.Action;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Chance;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Doubting;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Hearing;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Input;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Opening;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Proving;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Step;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Waiting;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every state with every input. */
class ListenerStateTest {
    private static final long NOW = 1_000_000_000_000L;
    private static final Chance HALF = new Chance(NOW, 0.5, "fresh", millis(2_000));
    private static final long OURS = 7;
    private static final long OLD = 6;

    private static final ListenerState WAITING = new Waiting(2, NOW, "lost");
    private static final ListenerState OPENING = new Opening(2, "lost");
    private static final ListenerState PROVING = new Proving(2, OURS, "token", NOW + 5, "lost");
    private static final long LONG_AGO = NOW - millis(60_000);
    private static final Hearing HEARING = new Hearing(2, OURS, LONG_AGO, NOW);
    private static final Hearing HEARING_ON = new Hearing(2, OURS, LONG_AGO, NOW + millis(2_000));
    private static final Hearing JUST_PROVED = new Hearing(2, OURS, NOW, NOW + millis(2_000));
    private static final ListenerState DOUBTING = new Doubting(HEARING, "token", NOW + 5);

    private static final Input DUE = new Input.Due();
    private static final Input ALIVE = new Input.Alive(OURS);
    private static final Input HEARD = new Input.Heard(OURS, "token");
    private static final Input GONE = new Input.Failed(OURS, "gone");
    private static final Input OPENED = new Input.Opened(OURS);
    private static final Input SUSPECTED = new Input.Suspected();

    private static final String NO_LONGER = "LISTEN no longer works: the log grew, and its own notification never came";

    private static final Step THIRD_RETRY =
            new Step(new Waiting(3, NOW + millis(200), "gone"), new Action.Drop(), new Action.Report("gone"));
    private static final Step FIRST_RETRY =
            new Step(new Waiting(1, NOW + millis(50), "gone"), new Action.Drop(), new Action.Report("gone"));

    static Stream<Arguments> table() {
        return Stream.of(
                arguments(WAITING, DUE, new Step(OPENING, new Action.Open())),
                arguments(WAITING, OPENED, new Step(WAITING)),
                arguments(WAITING, GONE, new Step(WAITING)),
                arguments(WAITING, HEARD, new Step(WAITING)),
                arguments(WAITING, ALIVE, new Step(WAITING)),
                arguments(
                        OPENING,
                        OPENED,
                        new Step(
                                new Proving(2, OURS, "fresh", NOW + millis(2_000), "lost"), new Action.Prove("fresh"))),
                arguments(OPENING, new Input.Failed(0, "gone"), THIRD_RETRY),
                arguments(OPENING, new Input.Failed(OLD, "late"), new Step(OPENING)),
                arguments(OPENING, DUE, new Step(OPENING)),
                arguments(OPENING, HEARD, new Step(OPENING)),
                arguments(OPENING, ALIVE, new Step(OPENING)),
                arguments(PROVING, HEARD, new Step(JUST_PROVED, new Action.Report(null))),
                arguments(PROVING, new Input.Heard(OURS, "another's"), new Step(PROVING)),
                arguments(PROVING, new Input.Heard(OLD, "token"), new Step(PROVING)),
                arguments(PROVING, GONE, THIRD_RETRY),
                arguments(PROVING, new Input.Failed(OLD, "late"), new Step(PROVING)),
                arguments(PROVING, OPENED, new Step(PROVING)),
                arguments(PROVING, ALIVE, new Step(PROVING)),
                arguments(PROVING, SUSPECTED, new Step(PROVING)),
                arguments(WAITING, SUSPECTED, new Step(WAITING)),
                arguments(OPENING, SUSPECTED, new Step(OPENING)),
                arguments(HEARING, DUE, new Step(HEARING_ON, new Action.CheckPulse())),
                arguments(HEARING, ALIVE, new Step(HEARING_ON)),
                arguments(HEARING, new Input.Alive(OLD), new Step(HEARING)),
                arguments(HEARING, GONE, FIRST_RETRY),
                arguments(JUST_PROVED, GONE, THIRD_RETRY),
                arguments(HEARING, new Input.Failed(OLD, "late"), new Step(HEARING)),
                arguments(HEARING, HEARD, new Step(HEARING)),
                arguments(HEARING, OPENED, new Step(HEARING)),
                arguments(
                        HEARING,
                        SUSPECTED,
                        new Step(new Doubting(HEARING, "fresh", NOW + millis(2_000)), new Action.Prove("fresh"))),
                arguments(JUST_PROVED, SUSPECTED, new Step(JUST_PROVED)),
                arguments(DOUBTING, HEARD, new Step(JUST_PROVED)),
                arguments(DOUBTING, new Input.Heard(OURS, "another's"), new Step(DOUBTING)),
                arguments(DOUBTING, new Input.Heard(OLD, "token"), new Step(DOUBTING)),
                arguments(DOUBTING, GONE, FIRST_RETRY),
                arguments(DOUBTING, new Input.Failed(OLD, "late"), new Step(DOUBTING)),
                arguments(DOUBTING, ALIVE, new Step(DOUBTING)),
                arguments(DOUBTING, OPENED, new Step(DOUBTING)),
                arguments(DOUBTING, SUSPECTED, new Step(DOUBTING)),
                arguments(
                        DOUBTING,
                        DUE,
                        new Step(
                                new Waiting(1, NOW + millis(50), NO_LONGER),
                                new Action.Drop(),
                                new Action.Report(NO_LONGER))));
    }

    @ParameterizedTest
    @MethodSource("table")
    void inputLeadsToTheStepOfTheTable(ListenerState state, Input input, Step expected) {
        assertThat(state.on(input, HALF)).isEqualTo(expected);
    }

    @Test
    void aProofThatNeverComesIsDeafnessAndTheCauseNamesTheCure() {
        Step step = PROVING.on(DUE, HALF);

        Waiting next = (Waiting) step.state();
        assertThat(next.cause()).contains("DATABASE_LISTEN_URL").doesNotContain("\n");
        assertThat(next).isEqualTo(new Waiting(3, NOW + millis(200), next.cause()));
        assertThat(step.actions()).containsExactly(new Action.Drop(), new Action.Report(next.cause()));
    }

    @Test
    void theTableAndTheProofHaveEveryStateWithEveryInput() {
        Set<List<Class<?>>> pairs = new HashSet<>();
        pairs.add(List.of(Proving.class, Input.Due.class));
        table().map(Arguments::get).forEach(row -> pairs.add(List.of(row[0].getClass(), row[1].getClass())));

        Set<List<Class<?>>> all = new HashSet<>();
        for (Class<?> state : ListenerState.class.getPermittedSubclasses()) {
            for (Class<?> input : Input.class.getPermittedSubclasses()) {
                all.add(List.of(state, input));
            }
        }
        assertThat(pairs).isEqualTo(all);
    }

    @Test
    void theFirstAttemptIsDueAtOnce() {
        assertThat(ListenerState.first(NOW)).isEqualTo(new Waiting(0, NOW, null));
        assertThat(ListenerState.first(NOW).dueAt()).isEqualTo(NOW);
    }

    @Test
    void onlyOpeningWaitsForAnAnswerWithoutATime() {
        assertThat(Arrays.asList(WAITING.dueAt(), OPENING.dueAt(), PROVING.dueAt(), HEARING.dueAt(), DOUBTING.dueAt()))
                .containsExactly(NOW, null, NOW + 5, NOW, NOW + 5);
    }

    @Test
    void backoffDoublesFromATenthOfASecondToFiveSeconds() {
        List<Long> longest = IntStream.range(0, 8).mapToObj(n -> backoff(n, 1)).toList();

        assertThat(longest)
                .containsExactly(
                        millis(100),
                        millis(200),
                        millis(400),
                        millis(800),
                        millis(1_600),
                        millis(3_200),
                        millis(5_000),
                        millis(5_000));
    }

    @Test
    void backoffNeverOverflowsHoweverOftenItFailed() {
        assertThat(backoff(1_000_000, 1)).isEqualTo(millis(5_000));
        assertThat(backoff(Integer.MAX_VALUE - 1, 1)).isEqualTo(millis(5_000));
    }

    @Test
    void jitterIsFullFromNothingToAllOfIt() {
        assertThat(backoff(6, 0)).isZero();
        assertThat(backoff(6, 0.25)).isEqualTo(millis(1_250));
    }

    @Test
    void aConnectionThatWorkedBeginsTheBackoffAnew() {
        Waiting afterManyFailures = (Waiting)
                new Opening(9, null).on(new Input.Failed(0, "no"), HALF).state();
        Waiting afterHearing = (Waiting) HEARING.on(GONE, HALF).state();

        assertThat(afterManyFailures.attempt()).isEqualTo(10);
        assertThat(afterHearing.attempt()).isEqualTo(1);
    }

    private static long backoff(int attempt, double jitter) {
        Step step = new Opening(attempt, null)
                .on(new Input.Failed(0, "no"), new Chance(NOW, jitter, "fresh", millis(2_000)));
        return ((Waiting) step.state()).due() - NOW;
    }

    private static long millis(long millis) {
        return Duration.ofMillis(millis).toNanos();
    }
}
