package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.EventConflictException;
import dev.realtime.transport.PublicationInDoubtException;
import dev.realtime.transport.PublicationRefusedException;
import dev.realtime.transport.QueueFullException;
import dev.realtime.transport.TransportUnavailableException;
import dev.realtime.transport.internal.Standing.Attempt;
import dev.realtime.transport.internal.Standing.InDoubt;
import dev.realtime.transport.internal.Standing.Next.Again;
import dev.realtime.transport.internal.Standing.Next.Fails;
import dev.realtime.transport.spi.WritesRefusedException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The whole table: what was known, what was answered, what follows. */
class StandingTest {
    private static final Standing UNSENT = new Standing.Unsent();
    private static final Attempt QUEUED = new Attempt(200, true, true);
    private static final Attempt PASSING = new Attempt(200, false, true);
    private static final Attempt TOGETHER = new Attempt(200, true, false);
    private static final InDoubt DOUBT = new InDoubt(100, 3);
    private final RuntimeException noAnswer = new TransportUnavailableException("no answer", null);
    private final RuntimeException notSent = TransportUnavailableException.notSent("not connected", null);
    private final RuntimeException noWrites = new WritesRefusedException("full", null);
    private final RuntimeException refused = new PublicationRefusedException("too large", false, null);
    private final RuntimeException conflict = new EventConflictException("a");
    private final RuntimeException noRoom = new QueueFullException("no room");
    private final RuntimeException late = new PublicationInDoubtException("late", null);
    private final RuntimeException bug = new IllegalStateException("a bug");

    @Test
    void withoutAnAnswerItIsInDoubtSinceItsFirstAttempt() {
        assertThat(UNSENT.after(noAnswer, QUEUED)).isEqualTo(new Again(new InDoubt(200, 1), false));
        assertThat(DOUBT.after(noAnswer, QUEUED)).isEqualTo(new Again(new InDoubt(100, 4), false));
        assertThat(DOUBT.after(new CompletionException(noAnswer), PASSING))
                .isEqualTo(new Again(new InDoubt(100, 4), false));
    }

    @Test
    void anAttemptTogetherWithOthersIsNotCounted() {
        assertThat(UNSENT.after(noAnswer, TOGETHER)).isEqualTo(new Again(new InDoubt(200, 0), false));
        assertThat(DOUBT.after(noAnswer, TOGETHER)).isEqualTo(new Again(DOUBT, false));
    }

    @Test
    void whatDidNotLeaveThisInstanceChangesNothing() {
        assertThat(UNSENT.after(notSent, QUEUED)).isEqualTo(new Again(UNSENT, false));
        assertThat(DOUBT.after(notSent, QUEUED)).isEqualTo(new Again(DOUBT, false));
        assertThat(UNSENT.after(noRoom, QUEUED)).isEqualTo(new Again(UNSENT, false));
        assertThat(DOUBT.after(noRoom, QUEUED)).isEqualTo(new Again(DOUBT, false));
    }

    @Test
    void whoDoesNotWaitHearsThatThereIsNoRoom() {
        assertThat(UNSENT.after(noRoom, PASSING)).isEqualTo(new Fails(noRoom));
    }

    @Test
    void whereNoWriteIsPossibleCopiesAreGivenOnlyOfWhatNobodyCanHaveHeard() {
        assertThat(UNSENT.after(noWrites, QUEUED)).isEqualTo(new Again(UNSENT, true));
        assertThat(DOUBT.after(noWrites, QUEUED)).isEqualTo(new Again(DOUBT, false));
    }

    @Test
    void aRefusalIsAnAnswerUnlessAnEarlierAttemptHadNone() {
        assertThat(UNSENT.after(refused, QUEUED)).isEqualTo(new Fails(refused));
        assertThat(DOUBT.after(refused, QUEUED))
                .isInstanceOfSatisfying(
                        Fails.class,
                        fails -> assertThat(fails.cause())
                                .isInstanceOf(PublicationInDoubtException.class)
                                .hasMessageContaining("too large"));
    }

    @Test
    void aConflictAndWhatIsTooLateAndABugAreTold() {
        for (RuntimeException failure : new RuntimeException[] {conflict, late, bug}) {
            assertThat(UNSENT.after(failure, QUEUED)).isEqualTo(new Fails(failure));
            assertThat(DOUBT.after(failure, QUEUED)).isEqualTo(new Fails(failure));
        }
    }

    @Test
    void triesEnd() {
        Standing standing = UNSENT;
        for (int tries = 1; tries < Standing.MAX_TRIES; tries++) {
            standing = ((Again) standing.after(noAnswer, new Attempt(tries, true, true))).standing();
        }

        assertThat(standing.after(noAnswer, QUEUED))
                .isInstanceOfSatisfying(
                        Fails.class,
                        fails -> assertThat(fails.cause())
                                .isInstanceOf(PublicationInDoubtException.class)
                                .hasMessageContaining("10 times")
                                .hasMessageContaining("no answer"));
    }

    @Test
    void onlyWhatIsInDoubtExpiresAndBeforeTheWindowEnds() {
        Duration window = Duration.ofSeconds(100);
        long most = Duration.ofSeconds(95).toNanos();

        assertThat(UNSENT.expired(Long.MAX_VALUE, window)).isNull();
        assertThat(DOUBT.expired(100 + most - 1, window)).isNull();
        assertThat(DOUBT.expired(100 + most, window)).isInstanceOf(PublicationInDoubtException.class);
        assertThat(new InDoubt(Long.MAX_VALUE, 1).expired(Long.MAX_VALUE + most, window))
                .as("a clock that wraps")
                .isNotNull();
    }

    @Test
    void whatMayBeRepeatedAsItIsStaysTogether() {
        assertThat(Standing.isPassing(noAnswer)).isTrue();
        assertThat(Standing.isPassing(noWrites)).isTrue();
        assertThat(Standing.isPassing(noRoom)).isTrue();
        assertThat(Standing.isPassing(new CompletionException(notSent))).isTrue();
        assertThat(Standing.isPassing(refused)).isFalse();
        assertThat(Standing.isPassing(conflict)).isFalse();
        assertThat(Standing.isPassing(late)).isFalse();
    }
}
