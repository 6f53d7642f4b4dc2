package dev.realtime.transport.internal.equipment;

import dev.realtime.transport.spi.LogPage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Holds every page that has been read, until the test opens it. Thread-safe. */
public final class Gate implements UnaryOperator<LogPage> {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    @Override
    public LogPage apply(LogPage page) {
        reached.countDown();
        await(opened);
        return page;
    }

    public void awaitPage() {
        await(reached);
    }

    public void open() {
        opened.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("waited 10 s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
