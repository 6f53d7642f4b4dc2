package dev.realtime.transport.testkit.servers;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What must not outlive this JVM. Closed newest first. Thread-safe. */
final class ClosedAtExit {
    private static final Logger LOG = LoggerFactory.getLogger(ClosedAtExit.class);
    private static final Deque<AutoCloseable> OPEN = new ConcurrentLinkedDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(ClosedAtExit::closeAll, "test-servers-exit"));
    }

    private ClosedAtExit() {}

    static void add(AutoCloseable open) {
        OPEN.push(open);
    }

    static void remove(AutoCloseable closed) {
        OPEN.remove(closed);
    }

    private static void closeAll() {
        for (AutoCloseable open = OPEN.poll(); open != null; open = OPEN.poll()) {
            close(open);
        }
    }

    private static void close(AutoCloseable open) {
        try {
            open.close();
        } catch (Exception e) {
            LOG.warn("Left behind at exit: {}", open, e);
        }
    }
}
