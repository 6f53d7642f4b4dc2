package dev.realtime.transport.testkit.servers;

import java.io.InterruptedIOException;

/** What bytes pass on their way: open or shut. Thread-safe. */
final class Valve {
    private boolean open = true;

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
