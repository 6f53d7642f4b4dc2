package dev.realtime.transport.postgres.internal;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the LISTEN connection is, and what follows from what happens to it: (state, input) → (state, actions), pure.
 *
 * <pre>
 *            Due               Opened            Heard(own token)
 * Waiting ─────────▶ Opening ─────────▶ Proving ─────────────────▶ Hearing ──┐ Due: check the pulse
 *    ▲                  │ Failed           │ Failed, Due (deaf)       │ ▲─────┘
 *    └──────────────────┴──────────────────┴──────────────────────────┘ Failed
 * </pre>
 *
 * <p>Only hearing its own loop-back proves that LISTEN works: through a transaction-mode pooler it answers, and
 * nothing ever comes. Times are {@link System#nanoTime} values.
 */
sealed interface ListenerState {
    /** How long the loop-back may take. */
    Duration PROOF_DEADLINE = Duration.ofSeconds(2);
    /** How often the pulse of a silent connection is checked: with its deadline of 2 s, a black hole lasts 4 s. */
    Duration PULSE_INTERVAL = Duration.ofSeconds(2);
    /** The longest wait before the next attempt. */
    Duration LONGEST_BACKOFF = Duration.ofSeconds(5);
    /** The base of the first wait. */
    Duration FIRST_BACKOFF = Duration.ofMillis(100);

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

    /** It works. */
    record Hearing(long connection, long due) implements ListenerState {}

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
     */
    record Chance(long now, double jitter, String token) {}

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
        return on((Hearing) this, input, chance);
    }

    private static Step on(Waiting state, Input input) {
        return input instanceof Input.Due
                ? new Step(new Opening(state.attempt(), state.cause()), new Action.Open())
                : new Step(state);
    }

    private static Step on(Opening state, Input input, Chance chance) {
        if (input instanceof Input.Opened opened) {
            long due = chance.now() + PROOF_DEADLINE.toNanos();
            return new Step(
                    new Proving(state.attempt(), opened.connection(), chance.token(), due, state.cause()),
                    new Action.Prove(chance.token()));
        }
        return input instanceof Input.Failed failed && failed.connection() == 0
                ? retry(state.attempt(), failed.cause(), chance)
                : new Step(state);
    }

    private static Step on(Proving state, Input input, Chance chance) {
        if (input instanceof Input.Heard heard
                && heard.connection() == state.connection()
                && heard.token().equals(state.token())) {
            return new Step(new Hearing(state.connection(), pulseDue(chance)), new Action.Report(null));
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
            return retry(0, failed.cause(), chance);
        }
        if (input instanceof Input.Alive alive && alive.connection() == state.connection()) {
            return new Step(new Hearing(state.connection(), pulseDue(chance)));
        }
        return input instanceof Input.Due
                ? new Step(new Hearing(state.connection(), pulseDue(chance)), new Action.CheckPulse())
                : new Step(state);
    }

    /** Exponential with full jitter. */
    private static Step retry(int attempt, String cause, Chance chance) {
        long longest = Math.min(LONGEST_BACKOFF.toNanos(), FIRST_BACKOFF.toNanos() << Math.min(attempt, 10));
        long due = chance.now() + (long) (longest * chance.jitter());
        return new Step(new Waiting(attempt + 1, due, cause), new Action.Drop(), new Action.Report(cause));
    }

    private static long pulseDue(Chance chance) {
        return chance.now() + PULSE_INTERVAL.toNanos();
    }
}
