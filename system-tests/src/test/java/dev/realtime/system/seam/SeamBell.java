package dev.realtime.system.seam;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Rung whenever anything has come: who waits looks again. Thread-safe. */
final class SeamBell {
    private static final long LOOK_AGAIN_MILLIS = 5;

    synchronized void ring() {
        notifyAll();
    }

    /** Whether it became so in time. */
    boolean await(Duration atMost, BooleanSupplier isSo) {
        long deadline = System.nanoTime() + atMost.toNanos();
        try {
            while (!isSo.getAsBoolean()) {
                if (System.nanoTime() - deadline >= 0) {
                    return false;
                }
                synchronized (this) {
                    TimeUnit.MILLISECONDS.timedWait(this, LOOK_AGAIN_MILLIS);
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
