package dev.realtime.sse.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that writes its streams, in rounds: it takes all that have something to write, gives each one turn, and
 * then lets go on whoever publishes. What came meanwhile is the next round: the more there is to do, the more each turn
 * finds, and the fewer writes an event takes. A thread of its own, because a server's pool has a publisher wait behind
 * every single stream. Thread-safe.
 */
final class StreamWriter implements AutoCloseable {
    /** How far publishers may run ahead of a round, in bytes: what a turn writes at once if they do. */
    static final long AHEAD_BYTES = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(StreamWriter.class);

    // owned by the thread
    private final SharedBatches batches = new SharedBatches();
    private final SocketBuffer socketBuffer = new SocketBuffer();
    private final List<byte[]> frames = new ArrayList<>();

    // guarded by this
    private List<Runnable> due = new ArrayList<>();
    private List<Runnable> paced = new ArrayList<>();
    private long ahead;
    /** The thread is in a round; if not, it waits for one. */
    private boolean atWork = true;

    private boolean closed;

    StreamWriter(ThreadFactory threads) {
        threads.newThread(this::rounds).start();
    }

    /** Gives a stream a turn in the next round. False if there is none any more. */
    synchronized boolean schedule(Runnable turn) {
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
    void pace(long bytes, Runnable answer) {
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
    SharedBatches batches() {
        return batches;
    }

    /** For its streams' turns only. */
    SocketBuffer socketBuffer() {
        return socketBuffer;
    }

    /** For its streams' turns only: an empty list, to be left empty. */
    List<byte[]> frames() {
        return frames;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private void rounds() {
        List<Runnable> turns = new ArrayList<>();
        List<Runnable> answers = new ArrayList<>();
        boolean last = false;
        while (!last) {
            synchronized (this) {
                List<Runnable> done = turns;
                turns = due;
                due = done;
                List<Runnable> answered = answers;
                answers = paced;
                paced = answered;
                ahead = 0;
                if (turns.isEmpty() && answers.isEmpty() && !closed) {
                    atWork = false;
                    batches.clear();
                    socketBuffer.clear();
                    awaitWork();
                    atWork = true;
                }
                last = closed && due.isEmpty();
            }
            answers.forEach(StreamWriter::run);
            answers.clear();
            turns.forEach(StreamWriter::run);
            turns.clear();
        }
    }

    private void awaitWork() {
        while (due.isEmpty() && !closed) {
            try {
                wait();
            } catch (InterruptedException nobodyMeansIt) {
                LOG.debug("interrupted, and going on");
            }
        }
    }

    private static void run(Runnable step) {
        Guarded.run(step, LOG, "a stream's turn failed");
    }
}
