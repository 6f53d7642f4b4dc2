package dev.realtime.sse.internal.http;

import org.slf4j.Logger;

/** Exception barriers: steps whose throw must not end what goes on after them. Stateless. */
public final class Guarded {
    private Guarded() {}

    /**
     * Runs it and logs what it throws. Nothing is thrown on, not even where the heap is full and the log fails too: a
     * thread that ended would leave many streams silent.
     *
     * @param failed what is to be said then
     */
    public static void run(Runnable step, Logger log, String failed) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            try {
                log.error(failed, e);
            } catch (RuntimeException | Error alsoTheLog) {
                // nothing is left to tell it with
            }
        }
    }
}
