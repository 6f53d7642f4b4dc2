package dev.realtime.transport.postgres.internal.listen;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the LISTEN connection is, and what follows from what happens to it: (state, input) → (state, actions), pure.
 *
 * <pre>
 *            Due               Opened            Heard(own token)             Suspected
 * Waiting ─────────▶ Opening ─────────▶ Proving ─────────────────▶ Hearing ─────────────▶ Doubting
 *    ▲                  │ Failed           │ Failed, Due (deaf)    │ ▲ │ ▲ Heard(own token)   │ │
 *    │                  │                  │                       │ │ │ └────────────────────┘ │
 *    │                  │                  │       Due: the pulse  └─┘ │ Failed                 │ Failed, Due (deaf)
 *    └──────────────────┴──────────────────┴───────────────────────────┴────────────────────────┘
 * </pre>
 *
 * <p>Only hearing its own loop-back proves that LISTEN works: through a transaction-mode pooler it answers, and
 * nothing ever comes. So the proof is asked for on connect, and again when the log grows and nobody says so. The
 * pulse is a read: it proves that the connection and the server's registration of it are still there, and leaves no
 * trace. Times are {@link System#nanoTime} values.
 */
sealed interface ListenerState {
    /** How long the loop-back may take. */
    Duration PROOF_DEADLINE = Duration.ofSeconds(2);
    /** The longest wait before the next attempt. */
    Duration LONGEST_BACKOFF = Duration.ofSeconds(5);
    /** The base of the first wait. */
    Duration FIRST_BACKOFF = Duration.ofMillis(100);
    /** A connection that worked for so long begins the backoff anew. */
    Duration STEADY = Duration.ofSeconds(1);
    /** A proof is good for so long, whatever is suspected. */
    Duration TRUST = Duration.ofSeconds(5);

    /** No connection; the next attempt is due at a time. */
    record Waiting(int attempt, long due, @Nullable String cause) implements ListenerState {}

    /** A connection is being opened, LISTEN included. */
    record Opening(int attempt, @Nullable String cause) implements ListenerState {}

    /** Open; a token was sent to ourselves and has to come back. */
    record Proving(
            int attempt,
            long connection,
            String token,
            long due,
            @Nullable String cause) implements ListenerState {}

    /**
     * It works.
     *
     * @param attempt how many attempts failed before it
     * @param proved when it was proved last
     * @param due when the pulse is due
     */
    record Hearing(int attempt, long connection, long proved, long due) implements ListenerState {}

    /** It worked, and something speaks against it: a token was sent to ourselves and has to come back. */
    record Doubting(Hearing before, String token, long due) implements ListenerState {}

    /** What happened. */
    sealed interface Input {
        /** The time that the state waits for has come. */
        record Due() implements Input {}

        /** A connection is open and LISTEN is committed. */
        record Opened(long connection) implements Input {}

        /** Opening, proving or the pulse failed, or the connection was lost; 0 while there is none. */
        record Failed(long connection, String cause) implements Input {}

        /** A notification with a token came in. */
        record Heard(long connection, String token) implements Input {}

        /** The pulse is there. */
        record Alive(long connection) implements Input {}

        /** The log has grown and no notification said so. */
        record Suspected() implements Input {}
    }

    /** What to do. */
    sealed interface Action {
        /** Open a connection and LISTEN: answers with Opened or Failed. */
        record Open() implements Action {}

        /** Send ourselves the token: answers with Failed if that fails, with Heard if all is well. */
        record Prove(String token) implements Action {}

        /** Read something within a deadline: answers with Alive or Failed. */
        record CheckPulse() implements Action {}

        /** Throw the connection away. */
        record Drop() implements Action {}

        /** Tell what is heard now; the cause is null if all is well. */
        record Report(@Nullable String cause) implements Action {}
    }

    /** A state and what to do on the way to it. */
    record Step(ListenerState state, List<Action> actions) {
        Step(ListenerState state, Action... actions) {
            this(state, List.of(actions));
        }
    }

    /**
     * What must not be computed here.
     *
     * @param now the time
     * @param jitter from 0 to 1, uniform
     * @param token a fresh one
     * @param pulse how often the pulse is checked, in nanoseconds
     */
    record Chance(long now, double jitter, String token, long pulse) {}

    /** The first state: an attempt is due. */
    static ListenerState first(long now) {
        return new Waiting(0, now, null);
    }

    /** When {@link Input.Due} is due; null while an answer is awaited that always comes. */
    default @Nullable Long dueAt() {
        if (this instanceof Waiting waiting) {
            return waiting.due();
        }
        if (this instanceof Proving proving) {
            return proving.due();
        }
        if (this instanceof Doubting doubting) {
            return doubting.due();
        }
        return this instanceof Hearing hearing ? hearing.due() : null;
    }

    /** The next state. An input that a state does not wait for, such as one from an earlier connection, changes nothing. */
    default Step on(Input input, Chance chance) {
        if (this instanceof Waiting waiting) {
            return on(waiting, input);
        }
        if (this instanceof Opening opening) {
            return on(opening, input, chance);
        }
        if (this instanceof Proving proving) {
            return on(proving, input, chance);
        }
        return this instanceof Hearing hearing ? on(hearing, input, chance) : on((Doubting) this, input, chance);
    }

    private static Step on(Waiting state, Input input) {
        return input instanceof Input.Due
                ? new Step(new Opening(state.attempt(), state.cause()), new Action.Open())
                : new Step(state);
    }

    private static Step on(Opening state, Input input, Chance chance) {
        if (input instanceof Input.Opened opened) {
            return new Step(
                    new Proving(state.attempt(), opened.connection(), chance.token(), proofDue(chance), state.cause()),
                    new Action.Prove(chance.token()));
        }
        return input instanceof Input.Failed failed && failed.connection() == 0
                ? retry(state.attempt(), failed.cause(), chance)
                : new Step(state);
    }

    private static Step on(Proving state, Input input, Chance chance) {
        if (isProof(input, state.connection(), state.token())) {
            return new Step(hearing(state.attempt(), state.connection(), chance), new Action.Report(null));
        }
        if (input instanceof Input.Failed failed && failed.connection() == state.connection()) {
            return retry(state.attempt(), failed.cause(), chance);
        }
        return input instanceof Input.Due
                ? retry(
                        state.attempt(),
                        "LISTEN answers but its own notification never came: a transaction-mode pooler?"
                                + " Set DATABASE_LISTEN_URL to the server itself",
                        chance)
                : new Step(state);
    }

    private static Step on(Hearing state, Input input, Chance chance) {
        if (input instanceof Input.Failed failed && failed.connection() == state.connection()) {
            return lost(state, failed.cause(), chance);
        }
        long pulseDue = chance.now() + chance.pulse();
        Hearing later = new Hearing(state.attempt(), state.connection(), state.proved(), pulseDue);
        if (input instanceof Input.Alive alive && alive.connection() == state.connection()) {
            return new Step(later);
        }
        if (input instanceof Input.Suspected && chance.now() - state.proved() >= TRUST.toNanos()) {
            return new Step(new Doubting(state, chance.token(), proofDue(chance)), new Action.Prove(chance.token()));
        }
        return input instanceof Input.Due ? new Step(later, new Action.CheckPulse()) : new Step(state);
    }

    private static Step on(Doubting state, Input input, Chance chance) {
        Hearing before = state.before();
        if (isProof(input, before.connection(), state.token())) {
            return new Step(hearing(before.attempt(), before.connection(), chance));
        }
        if (input instanceof Input.Failed failed && failed.connection() == before.connection()) {
            return lost(before, failed.cause(), chance);
        }
        return input instanceof Input.Due
                ? lost(before, "LISTEN no longer works: the log grew, and its own notification never came", chance)
                : new Step(state);
    }

    private static boolean isProof(Input input, long connection, String token) {
        return input instanceof Input.Heard heard
                && heard.connection() == connection
                && heard.token().equals(token);
    }

    private static Hearing hearing(int attempt, long connection, Chance chance) {
        return new Hearing(attempt, connection, chance.now(), chance.now() + chance.pulse());
    }

    /** Flapping backs off as never coming up does. */
    private static Step lost(Hearing state, String cause, Chance chance) {
        boolean steady = chance.now() - state.proved() >= STEADY.toNanos();
        return retry(steady ? 0 : state.attempt(), cause, chance);
    }

    /** Exponential with full jitter. */
    private static Step retry(int attempt, String cause, Chance chance) {
        long longest = Math.min(LONGEST_BACKOFF.toNanos(), FIRST_BACKOFF.toNanos() << Math.min(attempt, 10));
        long due = chance.now() + (long) (longest * chance.jitter());
        return new Step(new Waiting(attempt + 1, due, cause), new Action.Drop(), new Action.Report(cause));
    }

    private static long proofDue(Chance chance) {
        return chance.now() + PROOF_DEADLINE.toNanos();
    }
}
