package dev.realtime.sse.internal.write;

import dev.realtime.transport.runtime.Supervisor;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread that writes its streams, in rounds: it takes all that have something to write, gives each one turn, and
 * then lets go on whoever publishes. What came meanwhile is the next round: the more there is to do, the more each turn
 * finds, and the fewer writes an event takes. A thread of its own, because a server's pool has a publisher wait behind
 * every single stream. Thread-safe.
 */
public final class StreamWriter implements AutoCloseable {
    /** How far publishers may run ahead of a round, in bytes: what a turn writes at once if they do. */
    static final long AHEAD_BYTES = 16_384;

    private final Supervisor supervisor;
    private final String name;

    // owned by the thread
    private final SharedBatches batches = new SharedBatches();
    private final SocketBuffer socketBuffer = new SocketBuffer();
    private final List<byte[]> frames = new ArrayList<>();
    /** Taken for this round; what stands before the next one has been run. */
    private List<Runnable> turns = new ArrayList<>();

    private List<Runnable> answers = new ArrayList<>();
    private int nextTurn;
    private int nextAnswer;

    // guarded by this
    private List<Runnable> due = new ArrayList<>();
    private List<Runnable> paced = new ArrayList<>();
    private long ahead;
    /** The thread is in a round; if not, it waits for one. */
    private boolean atWork = true;

    private boolean closed;

    /** Under this name. */
    StreamWriter(Supervisor supervisor, String name) {
        this.supervisor = supervisor;
        this.name = name;
        supervisor.loop(name, this::round).start();
    }

    /** Gives a stream a turn in the next round. False if there is none any more. */
    public synchronized boolean schedule(Runnable turn) {
        if (closed) {
            return false;
        }
        due.add(turn);
        if (!atWork) {
            notifyAll();
        }
        return true;
    }

    /**
     * Runs an answer to a publisher: at once, or at the end of the round if publishers are ahead of it.
     *
     * @param bytes what was published, about
     */
    public void pace(long bytes, Runnable answer) {
        synchronized (this) {
            ahead += bytes;
            if (atWork && !closed && ahead > AHEAD_BYTES) {
                paced.add(answer);
                return;
            }
        }
        answer.run();
    }

    /** For its streams' turns only: they share what they write. */
    public SharedBatches batches() {
        return batches;
    }

    /** For its streams' turns only. */
    public SocketBuffer socketBuffer() {
        return socketBuffer;
    }

    /** For its streams' turns only: an empty list, whatever the last one left in it. */
    public List<byte[]> frames() {
        frames.clear();
        return frames;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** Returns whether there is another one. What a failed round left undone is done first. */
    private boolean round() throws InterruptedException {
        boolean last = take();
        while (nextAnswer < answers.size()) {
            run(answers.get(nextAnswer));
            nextAnswer++; // not before: twice does no harm, and never would
        }
        while (nextTurn < turns.size()) {
            run(turns.get(nextTurn));
            nextTurn++;
        }
        return !last;
    }

    /** A turn that was given and not taken is given again: nobody else would wake that stream. */
    private void run(Runnable step) {
        if (!supervisor.guard(name, step)) {
            supervisor.guard(name, step);
        }
    }

    /** Returns whether this round is the last one. */
    private synchronized boolean take() throws InterruptedException {
        atWork = true;
        if (nextAnswer < answers.size() || nextTurn < turns.size()) {
            return false;
        }
        turns.clear();
        answers.clear();
        nextTurn = 0;
        nextAnswer = 0;
        if (due.isEmpty() && paced.isEmpty() && !closed) {
            atWork = false;
            batches.clear();
            socketBuffer.clear();
            frames.clear();
            while (due.isEmpty() && !closed) {
                wait();
            }
            atWork = true;
        }
        List<Runnable> done = turns;
        turns = due;
        due = done;
        List<Runnable> answered = answers;
        answers = paced;
        paced = answered;
        ahead = 0;
        return closed && turns.isEmpty() && answers.isEmpty();
    }
}
