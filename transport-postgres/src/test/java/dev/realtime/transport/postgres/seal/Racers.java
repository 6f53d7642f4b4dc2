package dev.realtime.transport.postgres.seal;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Sessions that do the same again and again beside a test, until it closes this; fails then if one of them failed. */
final class Racers implements AutoCloseable {
    /** What one does. */
    interface Step {
        void take(Session session) throws SQLException;
    }

    private final Store store;
    private final List<CompletableFuture<Void>> racing = new ArrayList<>();
    private volatile boolean done;

    Racers(Store store) {
        this.store = store;
    }

    void race(Step step) {
        CompletableFuture<Void> racer = new CompletableFuture<>();
        racing.add(racer);
        Thread thread = new Thread(() -> run(step, racer), "racer-" + racing.size());
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Step step, CompletableFuture<Void> racer) {
        try (Session session = store.session()) {
            while (!done) {
                step.take(session);
            }
            racer.complete(null);
        } catch (SQLException | RuntimeException | Error e) {
            racer.completeExceptionally(e);
        }
    }

    @Override
    public void close() {
        done = true;
        racing.forEach(racer -> racer.orTimeout(30, TimeUnit.SECONDS));
        try {
            racing.forEach(CompletableFuture::join);
        } catch (CompletionException e) {
            throw new AssertionError("a racer failed", e.getCause());
        }
    }
}
