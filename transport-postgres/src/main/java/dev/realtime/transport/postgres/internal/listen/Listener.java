package dev.realtime.transport.postgres.internal.listen;

import dev.realtime.transport.postgres.internal.connect.Causes;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Action;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Chance;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Input;
import dev.realtime.transport.postgres.internal.listen.ListenerState.Step;
import dev.realtime.transport.runtime.Loop;
import dev.realtime.transport.runtime.Supervisor;
import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The loop that owns the one LISTEN connection: takes inputs, asks {@link ListenerState} what follows, does it.
 * Notifications are only hints, so a callback wakes the tail at once and the loop hears of our own tokens only.
 */
public final class Listener implements AutoCloseable {
    /** What it hears. */
    public record Report(Verdict verdict, @Nullable String cause) {}

    /** PENDING: not proved yet. LIVE: proved. DEAF: events have to be polled for; the cause says why. */
    public enum Verdict {
        PENDING,
        LIVE,
        DEAF
    }

    private static final long CLOSE_MILLIS = 2_000;
    private static final int INBOX = 64;
    private static final String TOKEN = "{\"token\":\"";

    private final Ear.Opener opener;
    private final Ear.LoopBack loopBack;
    private final IntConsumer wake;
    private final Consumer<Report> report;
    private final long pulse;
    private final BlockingQueue<Input> inbox = new ArrayBlockingQueue<>(INBOX);
    private final Loop loop;

    /** Set once, from any thread. */
    private volatile boolean closed;

    /** The token that is to come back; others' don't take up room in the inbox. Written by the listener's thread. */
    private volatile @Nullable String awaited;

    // the listener's thread
    private @Nullable Ear ear;
    private ListenerState state = ListenerState.first(System.nanoTime());
    private long connections;

    /**
     * @param wake called with the pid of the server process for each notification, on the driver's threads
     * @param report called when the verdict may have changed, on the listener's thread
     */
    public Listener(
            Ear.Opener opener,
            Ear.LoopBack loopBack,
            IntConsumer wake,
            Consumer<Report> report,
            Timing timing,
            Supervisor supervisor) {
        this.pulse = timing.pulse().toNanos();
        this.opener = opener;
        this.loopBack = loopBack;
        this.wake = wake;
        this.report = report;
        this.loop = supervisor.loop("realtime-listener", this::round);
    }

    public void start() {
        loop.start();
    }

    /** The log has grown and no notification said so: prove LISTEN again. Any thread; cheap. */
    public void suspect() {
        inbox.offer(new Input.Suspected());
    }

    /** One input. A step that fails half way is, for its state, a connection that failed. */
    private boolean round() throws InterruptedException {
        boolean done = false;
        try {
            if (!closed) {
                step(next(state));
            }
            done = true;
        } catch (InterruptedException stopping) {
            done = true;
        } finally {
            if (!done) {
                // Who waits for a connection hears only of that.
                long failed = state instanceof ListenerState.Opening ? 0 : connections;
                answer(new Input.Failed(failed, "a step of LISTEN failed; the log says more"));
            }
            if (closed) {
                drop();
            }
        }
        return !closed;
    }

    private void step(Input input) {
        String token = Long.toHexString(ThreadLocalRandom.current().nextLong());
        double jitter = ThreadLocalRandom.current().nextDouble();
        Step step = state.on(input, new Chance(System.nanoTime(), jitter, token, pulse));
        state = step.state();
        for (Action action : step.actions()) {
            perform(action);
        }
    }

    private Input next(ListenerState state) throws InterruptedException {
        Long due = state.dueAt();
        if (due == null) {
            return inbox.take();
        }
        Input input = inbox.poll(Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
        return input == null ? new Input.Due() : input;
    }

    private void perform(Action action) {
        if (action instanceof Action.Open) {
            open();
        } else if (action instanceof Action.Prove prove) {
            awaited = prove.token();
            attempt("LISTEN cannot be proved", ear -> loopBack.send(TOKEN + prove.token() + "\"}"));
        } else if (action instanceof Action.CheckPulse) {
            attempt("the LISTEN connection failed", Ear::checkPulse);
        } else if (action instanceof Action.Drop) {
            drop();
        } else if (action instanceof Action.Report heard) {
            report.accept(new Report(heard.cause() == null ? Verdict.LIVE : Verdict.DEAF, heard.cause()));
        }
    }

    private void open() {
        long connection = ++connections;
        try {
            ear = opener.open(new Callback(connection));
            answer(new Input.Opened(connection));
        } catch (SQLException | RuntimeException | Error e) {
            answer(new Input.Failed(0, Causes.line("LISTEN failed", e)));
        }
    }

    /** A question to the connection, which answers within its network timeout. */
    private interface Question {
        void ask(Ear ear) throws SQLException;
    }

    private void attempt(String failure, Question question) {
        Ear open = ear;
        if (open == null) {
            answer(new Input.Failed(connections, failure));
            return;
        }
        try {
            question.ask(open);
            answer(new Input.Alive(connections));
        } catch (SQLException | RuntimeException | Error e) {
            answer(new Input.Failed(connections, Causes.line(failure, e)));
        }
    }

    /** The loop's own answers must not be lost: it makes room for them, what comes from outside is repeated anyway. */
    private void answer(Input input) {
        while (!inbox.offer(input)) {
            inbox.poll();
        }
    }

    private void drop() {
        Ear open = ear;
        ear = null;
        if (open != null) {
            open.close();
        }
    }

    /** Begins to end. */
    public void stop() {
        closed = true;
        loop.interrupt();
    }

    /** Waits for the end, for less time than a connect may take: its own deadlines end it then. */
    @Override
    public void close() {
        stop();
        loop.join(CLOSE_MILLIS);
    }

    /** On the driver's I/O threads: notes what happened and returns. */
    private final class Callback implements Ear.Callback {
        private final long connection;

        Callback(long connection) {
            this.connection = connection;
        }

        @Override
        public void heard(int pid, String payload) {
            wake.accept(pid);
            String token = awaited;
            if (token != null && payload.equals(TOKEN + token + "\"}")) {
                inbox.offer(new Input.Heard(connection, token));
            }
        }

        @Override
        public void closed() {
            inbox.offer(new Input.Failed(connection, "the server closed the LISTEN connection"));
        }
    }
}
