package dev.realtime.transport.testkit.servers;

import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** What bytes pass on their way: open, narrow or shut. Thread-safe. */
final class Valve {
    private boolean open = true;
    /** As wide as there is. */
    private long bytesPerSecond = Long.MAX_VALUE;

    synchronized void narrow(long toBytesPerSecond) {
        bytesPerSecond = toBytesPerSecond;
        notifyAll();
    }

    /** Returns when so many bytes may have passed. */
    synchronized void pass(int bytes) throws InterruptedIOException {
        pass();
        if (bytesPerSecond == Long.MAX_VALUE) {
            return;
        }
        long until = System.nanoTime() + bytes * 1_000_000_000L / bytesPerSecond;
        try {
            for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted at the valve");
        }
    }

    synchronized void set(boolean nowOpen) {
        open = nowOpen;
        notifyAll();
    }

    /** Returns when the valve is open. */
    synchronized void pass() throws InterruptedIOException {
        try {
            while (!open) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted at the valve");
        }
    }
}
