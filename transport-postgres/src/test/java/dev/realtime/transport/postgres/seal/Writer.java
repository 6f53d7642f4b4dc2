package dev.realtime.transport.postgres.seal;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** An application's session in a schedule, and the transaction it has open. One thread. */
final class Writer implements AutoCloseable {
    /** Made once per schema: who inserts here commits when nobody holds the key any more. */
    static final String SLOW_COMMIT = "create table rt.slow_commit (key bigint);"
            + " create function rt.wait_at_commit() returns trigger language plpgsql as $$ begin"
            + " perform pg_advisory_xact_lock_shared(new.key); return null; end $$;"
            + " create constraint trigger wait_at_commit after insert on rt.slow_commit deferrable initially deferred"
            + " for each row execute function rt.wait_at_commit()";

    private static final String STATUS = "select pg_xact_status(?::text::xid8)";

    private final Store store;
    private final Executor beside;
    private final long key;
    private final List<String> published = new ArrayList<>();
    private final List<Integer> savepoints = new ArrayList<>();
    private Session session;
    private boolean open;
    private @Nullable CompletableFuture<Void> committing;

    Writer(Store store, Executor beside, long key) throws SQLException {
        this.store = store;
        this.beside = beside;
        this.key = key;
        this.session = store.session();
    }

    Session session() {
        return session;
    }

    boolean isOpen() {
        return open;
    }

    boolean isCommitting() {
        return committing != null;
    }

    void begin(String level, String settings) throws SQLException {
        session.run("begin isolation level " + level).run(settings);
        open = true;
    }

    void publish(List<String> ids) throws SQLException {
        session.value(
                "select count(p) from (select rt.publish('acme', 'orders.updated', id => u.id) as p"
                        + " from unnest(string_to_array(?, ' ')) with ordinality u (id, n) order by u.n) q",
                String.join(" ", ids));
        if (open) {
            published.addAll(ids);
        }
    }

    void savepoint() throws SQLException {
        session.run("savepoint s" + savepoints.size());
        savepoints.add(published.size());
    }

    int savepoints() {
        return savepoints.size();
    }

    void rollbackTo(int savepoint) throws SQLException {
        session.run("rollback to s" + savepoint);
        savepoints.subList(savepoint + 1, savepoints.size()).clear();
        published.subList(savepoints.get(savepoint), published.size()).clear();
    }

    /** Returns what is committed with it. */
    List<String> commit() throws SQLException {
        session.commit();
        return end();
    }

    void rollback() throws SQLException {
        session.rollback();
        end();
    }

    /** Returns what will be committed with it. */
    List<String> prepare(String gid) throws SQLException {
        session.run("prepare transaction '" + gid + "'");
        return end();
    }

    /** Begins to commit, and stays at it: the driver holds the key. */
    void commitSlowly(Session driver) throws SQLException {
        driver.value("select pg_advisory_lock(?)", key);
        session.value("with w as (insert into rt.slow_commit values (?) returning 1) select * from w", key);
        committing = commitBeside();
    }

    /** Lets the slow commit end. Returns what is committed with it. */
    List<String> release(Session driver) throws SQLException {
        driver.value("select pg_advisory_unlock(?)", key);
        assertEnded(ended());
        return end();
    }

    /** Kills the session. A slow commit does not happen then. */
    void kill(Session driver) throws SQLException {
        driver.value("select pg_terminate_backend(?)", session.pid());
        if (committing != null) {
            ended();
            driver.value("select pg_advisory_unlock(?)", key);
        }
        reopen();
        end();
    }

    /** Kills the session while it commits. Returns what is committed with it, all or nothing. */
    List<String> killAtCommit(Session driver) throws SQLException {
        String xid = session.value("select pg_current_xact_id()::text");
        committing = commitBeside();
        driver.value("select pg_terminate_backend(?)", session.pid());
        ended();
        reopen();
        Store.await().until(() -> !driver.value(STATUS, xid).equals("in progress"));
        boolean committed = driver.value(STATUS, xid).equals("committed");
        List<String> ids = end();
        return committed ? ids : List.of();
    }

    private CompletableFuture<Void> commitBeside() {
        Session committer = session;
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        committer.commit();
                    } catch (SQLException e) {
                        throw new CompletionException(e);
                    }
                },
                beside);
    }

    /** Waits for the commit beside and returns how it failed, if it did. */
    private @Nullable Throwable ended() {
        try {
            if (committing != null) {
                committing.get(60, TimeUnit.SECONDS);
            }
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException | TimeoutException e) {
            return e;
        }
    }

    private static void assertEnded(@Nullable Throwable failure) {
        if (failure != null) {
            throw new AssertionError("a commit failed", failure);
        }
    }

    private void reopen() throws SQLException {
        session.close();
        session = store.session();
    }

    private List<String> end() {
        List<String> ids = List.copyOf(published);
        published.clear();
        savepoints.clear();
        open = false;
        committing = null;
        return ids;
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }
}
