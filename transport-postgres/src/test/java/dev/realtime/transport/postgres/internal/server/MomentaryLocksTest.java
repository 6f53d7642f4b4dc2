package dev.realtime.transport.postgres.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who locks the gate for a moment, as every publisher does, keeps nothing standing, however the server is asked. */
class MomentaryLocksTest {
    private static final int LOOKS = 2_000;

    /** As every publisher passes the gate. */
    private static final String A_MOMENT = "update %s.gate set n = 1";

    /** It has many more locks to give back once it has ended, so that it is often seen at that. */
    private static final String ENDING = "begin; lock table %s.gate;"
            + " select pg_catalog.count(pg_catalog.pg_advisory_xact_lock(n)) from pg_catalog.generate_series(1, 100) n;"
            + " commit";

    private final AtomicLong nanos = new AtomicLong(1);
    private final AtomicLong passed = new AtomicLong();
    private String schema;
    private Connection writer;
    private Connection seeing;
    private Connection blind;
    private Standstill standstill;

    @BeforeEach
    void create() throws SQLException {
        schema = TestPostgres.shared().freshSchema();
        writer = TestPostgres.shared().connect();
        seeing = TestPostgres.shared().connect();
        run(writer, "create schema " + schema + "; create table " + schema + ".gate as select 1 as n");
        run(writer, "create role " + schema + " login password 'its own'");
        blind = DriverManager.getConnection(
                "jdbc:postgresql:" + TestPostgres.shared().url().replaceFirst("^[a-z]+://([^@]*@)?", "//"),
                schema,
                "its own");
        standstill = new Standstill(schema, "realtime:nobody", nanos::get);
    }

    @AfterEach
    void drop() throws SQLException {
        blind.close();
        seeing.close();
        writer.setAutoCommit(true);
        run(writer, "drop schema " + schema + " cascade; drop role " + schema);
        writer.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {A_MOMENT, ENDING})
    void aTransactionThatEndsWhileTheServerIsAskedIsNoStandstill(String passing) throws Exception {
        whileTheGateIsPassed(passing, () -> {
            for (int i = 0; i < LOOKS; i++) {
                assertThat(cause(seeing)).isNull();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {A_MOMENT, ENDING})
    void manyShortTransactionsOfASessionThatOneMayNotSeeAreNoStandstill(String passing) throws Exception {
        whileTheGateIsPassed(passing, () -> {
            for (int i = 0; i < LOOKS; i++) {
                nanos.addAndGet(Duration.ofSeconds(5).toNanos());
                assertThat(cause(blind)).isNull();
                for (long before = passed.get(); passed.get() < before + 2; ) {
                    Thread.onSpinWait(); // else the same transaction would be met again
                }
            }
        });
    }

    @Test
    void aTransactionOfASessionThatOneMayNotSeeIsNamedOnceItHasBeenSeenForLong() throws Exception {
        writer.setAutoCommit(false);
        run(writer, "lock table " + schema + ".gate");

        assertThat(cause(blind)).isNull();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(cause(blind)).isNull();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertThat(cause(blind)).contains("holds " + schema + ".gate", "pg_terminate_backend(");
        assertThat(standstill.lookWhileLocked(blind)).contains("holds " + schema + ".gate");

        writer.commit();
        assertThat(cause(blind)).isNull();
        run(writer, "lock table " + schema + ".gate");
        assertThat(cause(blind)).isNull();
        writer.rollback();
    }

    /** Of this schema: other tests use the server too. */
    private @Nullable String cause(Connection connection) throws SQLException {
        String cause = standstill.look(connection).cause();
        return cause == null || !cause.contains(schema) ? null : cause;
    }

    private interface Looks {
        void all() throws SQLException;
    }

    private void whileTheGateIsPassed(String passingIt, Looks looks) throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> passing = CompletableFuture.runAsync(
                () -> {
                    while (!enough.get()) {
                        run(writer, passingIt.formatted(schema));
                        passed.incrementAndGet();
                    }
                },
                task -> new Thread(task, "passing-the-gate").start());
        try {
            looks.all();
        } finally {
            enough.set(true);
            passing.join();
        }
    }

    private static void run(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
