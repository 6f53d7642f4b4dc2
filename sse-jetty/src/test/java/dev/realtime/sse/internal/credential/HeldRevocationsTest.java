package dev.realtime.sse.internal.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.Caller;
import dev.realtime.sse.internal.credential.HeldRevocations.Learnt;
import dev.realtime.sse.internal.credential.Revocation.Said;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HeldRevocationsTest {
    private static final Instant T = Instant.parse("2026-11-20T12:00:00Z");
    private static final Duration AGE = Duration.ofSeconds(100);

    private final HeldRevocations held = new HeldRevocations(3);

    @Test
    void whatWasIssuedAtTheMomentOrBeforeIsCoveredUntilTheEnd() {
        learn(revocation("acme", "ann", T, 1));

        assertThat(held.covers(ann(T), T)).isTrue();
        assertThat(held.covers(ann(Instant.EPOCH), T)).isTrue();
        assertThat(held.covers(ann(T.plusNanos(1)), T)).isFalse();
        assertThat(held.covers(ann(null), T)).isFalse();
        assertThat(held.covers(Caller.of("acme").withUser("bob").issuedAt(T), T))
                .isFalse();
        assertThat(held.covers(Caller.of("acme").issuedAt(T), T)).isFalse();
        assertThat(held.covers(Caller.of("globex").withUser("ann").issuedAt(T), T))
                .isFalse();
        assertThat(held.covers(ann(T), T.plus(Duration.ofHours(1)).minusNanos(1)))
                .isTrue();
        assertThat(held.covers(ann(T), T.plus(Duration.ofHours(1)))).isFalse();
    }

    @Test
    void anOrganisationsCoversAllOfItsUsers() {
        learn(revocation("acme", null, T, 1));
        assertThat(Stream.of(ann(T), Caller.of("acme").issuedAt(T)))
                .allSatisfy(caller -> assertThat(held.covers(caller, T)).isTrue());
    }

    @Test
    void noneOfASubjectShortensAnotherInWhateverOrderTheyCome() {
        Revocation lasting = revocation("acme", "ann", T, 24);
        Revocation newer = revocation("acme", "ann", T.plusSeconds(5), 1);
        Revocation sooner = revocation("acme", "ann", T.minusSeconds(5), 1);
        Revocation both = new Revocation("acme", "ann", newer.revokedAt(), lasting.until());
        assertThat(learn(newer)).isEqualTo(Learnt.NEW);
        assertThat(learn(lasting)).isEqualTo(Learnt.NEW);
        assertThat(learn(sooner)).isEqualTo(Learnt.KNOWN);
        assertThat(learn(newer)).isEqualTo(Learnt.KNOWN);

        assertThat(held.covers(ann(T.plusSeconds(5)), T)).isTrue();
        assertThat(held.covers(ann(T), lasting.until().minusNanos(1))).isTrue();
        assertThat(held.size()).isEqualTo(1);
        assertThat(held.due(AGE, T, 10))
                .as("what they come to has been said by nobody")
                .containsExactly(new Said(both, 1));
        assertThat(learn(both)).isEqualTo(Learnt.KNOWN);
    }

    @Test
    void oneThatIsOverIsNotLearntAndForgottenInTime() {
        Revocation brief = revocation("acme", "ann", T, 1);
        assertThat(held.learn(new Said(brief, 0), T, brief.until())).isEqualTo(Learnt.KNOWN);
        assertThat(held.size()).isZero();
        learn(brief);
        held.forgetEnded(brief.until().minusNanos(1));
        assertThat(held.size()).isEqualTo(1);
        held.forgetEnded(brief.until());
        assertThat(held.size()).isZero();
    }

    @Test
    void beyondItsBoundTheOneThatEndsFirstGoes() {
        learn(revocation("a", null, T, 2));
        learn(revocation("b", null, T, 1));
        learn(revocation("c", null, T, 3));
        assertThat(held.isFull()).isTrue();
        assertThat(learn(revocation("d", null, T, 4))).isEqualTo(Learnt.OVERFLOW);

        assertThat(held.size()).isEqualTo(3);
        assertThat(held.covers(Caller.of("b").issuedAt(T), T)).isFalse();
        assertThat(held.covers(Caller.of("d").issuedAt(T), T)).isTrue();
    }

    @Test
    void eachIsSaidAgainOnceInItsTimeUnlessSomebodyElseDoes() {
        Revocation revocation = revocation("acme", "ann", T, 1);
        learn(revocation);
        assertThat(held.due(AGE, T.plus(AGE).minusNanos(1), 10)).isEmpty();
        assertThat(held.due(AGE, T.plus(AGE), 10)).containsExactly(new Said(revocation, 1));
        assertThat(held.due(AGE, T.plus(AGE).plusSeconds(1), 10))
                .as("it has been asked for")
                .isEmpty();
        assertThat(held.due(AGE, T.plus(AGE).plus(AGE), 10))
                .as("nothing came of it")
                .containsExactly(new Said(revocation, 1));

        Instant said = T.plus(AGE).plus(AGE);
        held.learn(new Said(revocation, 1), said, said);
        assertThat(held.due(AGE, said.plus(AGE).minusNanos(1), 10)).isEmpty();
        assertThat(held.due(AGE, said.plus(AGE), 10)).containsExactly(new Said(revocation, 2));
    }

    @Test
    void anEarlierTimeHeardLateChangesNothing() {
        Revocation revocation = revocation("acme", "ann", T, 1);
        held.learn(new Said(revocation, 5), T.plusSeconds(50), T.plusSeconds(50));
        held.learn(new Said(revocation, 4), T, T.plusSeconds(60));
        assertThat(held.due(AGE, T.plus(AGE).plusSeconds(50), 10)).containsExactly(new Said(revocation, 6));
    }

    @Test
    void openStreamsEndAlsoWhereNobodyKnowsHowOldTheirCredentialIs() {
        Revocation revocation = revocation("acme", "ann", T, 1);
        assertThat(Stream.of(ann(T), ann(null))).allMatch(revocation::endsStreamOf);
        assertThat(Stream.of(
                        ann(T.plusSeconds(1)),
                        Caller.of("acme"),
                        Caller.of("acme").withUser("bob"),
                        Caller.of("globex").withUser("ann")))
                .noneMatch(revocation::endsStreamOf);
        assertThat(Stream.of(ann(null), Caller.of("acme"))).allMatch(revocation("acme", null, T, 1)::endsStreamOf);
    }

    private Learnt learn(Revocation revocation) {
        return held.learn(new Said(revocation, 0), T, T);
    }

    private static Revocation revocation(String org, String user, Instant at, int hours) {
        return new Revocation(org, user, at, at.plus(Duration.ofHours(hours)));
    }

    private static Caller ann(Instant issuedAt) {
        return Caller.of("acme").withUser("ann").issuedAt(issuedAt);
    }
}
