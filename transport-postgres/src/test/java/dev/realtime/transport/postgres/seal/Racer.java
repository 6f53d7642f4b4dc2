package dev.realtime.transport.postgres.seal;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A session that does what it is given beside the test, one after the other. It may be killed. One caller. */
final class Racer implements AutoCloseable {
    private static final int MOST_WAITING = 3;

    private final Store store;
    private final ExecutorService thread;
    private final String setUp;
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private volatile Session session;
    private volatile boolean mayDie;

    Racer(Store store, String name, String setUp) throws SQLException {
        this.store = store;
        this.setUp = setUp;
        this.thread = Executors.newSingleThreadExecutor(task -> new Thread(task, name));
        this.session = store.session().run(setUp);
    }

    void race(Racers.Step step) {
        waiting.removeIf(future -> future.isDone() && !future.isCompletedExceptionally());
        if (waiting.size() < MOST_WAITING) {
            waiting.add(CompletableFuture.runAsync(() -> take(step), thread));
        }
    }

    /** Ends its session at the server, whatever it is doing. */
    void kill(Session by) throws SQLException {
        mayDie = true;
        by.value("select pg_terminate_backend(?)", session.pid());
    }

    /** Waits until it has done everything; fails if something failed. */
    void join() {
        try {
            CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new))
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw new AssertionError("a session beside the schedule failed: " + e.getCause(), e.getCause());
        }
        waiting.clear();
    }

    private void take(Racers.Step step) {
        try {
            step.take(session);
        } catch (SQLException e) {
            if (!mayDie || !Session.isDead(e)) {
                throw new CompletionException(e);
            }
            mayDie = false;
            reopen();
        }
    }

    private void reopen() {
        try {
            session.close();
            session = store.session().run(setUp);
        } catch (SQLException e) {
            throw new CompletionException(e);
        }
    }

    @Override
    public void close() throws SQLException {
        thread.shutdownNow();
        session.close();
    }
}
