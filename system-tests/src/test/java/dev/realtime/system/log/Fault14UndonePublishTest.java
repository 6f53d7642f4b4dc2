package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault14UndonePublishTest {
    private static final String CANCELLED = "57014";
    private static final String LOCK_TIMEOUT = "55P03";

    @Test
    @Fault(14)
    void whatIsRolledBackCancelledOrTimesOutIsNeverHeard() throws SQLException {
        try (Instances instances = Instances.fresh()) {
            PubSub a = instances.live();
            instances.reader(a);
            Writer sql = instances.writer();

            sql.begin().publish();
            sql.rollBack();

            sql.begin().publish();
            Savepoint savepoint = sql.savepoint();
            String undone = sql.publish();
            String alsoUndone = sql.publish();
            sql.rollBackTo(savepoint, undone, alsoUndone).publish();
            sql.commit();

            Writer other = instances.writer();
            for (String timeout : new String[] {"statement_timeout", "lock_timeout", "none"}) {
                other.begin().run("LOCK TABLE rt.stage IN ACCESS EXCLUSIVE MODE");
                sql.begin();
                savepoint = sql.savepoint();
                String state = timeout.equals("none") ? cancelled(sql, instances.writer()) : timedOut(sql, timeout);
                assertThat(state).isEqualTo(timeout.equals("lock_timeout") ? LOCK_TIMEOUT : CANCELLED);
                sql.rollBackTo(savepoint);
                other.rollBack();
                sql.publish();
                sql.commit();
            }
            instances.publish(a, 1);
            instances.judge();
            assertThat(instances.ledger().size()).isEqualTo(6);
            assertThat(instances.database().logged()).isEqualTo(6);
            assertThat(sql.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
                    .as("nothing is kept locked")
                    .isEqualTo("0");
        }
    }

    /** Publishing waits, for once, until its own time-out ends it. */
    private static String timedOut(Writer sql, String timeout) throws SQLException {
        sql.run("SET LOCAL " + timeout + " = '100ms'");
        return catchThrowableOfType(SQLException.class, sql::publish).getSQLState();
    }

    private static String cancelled(Writer sql, Writer operator) throws SQLException {
        int pid = sql.pid();
        CompletableFuture<Void> cancelling = CompletableFuture.runAsync(() -> Patience.until(
                "it waits, and is cancelled",
                () -> operator.ask("SELECT coalesce(bool_or(pg_cancel_backend(pid)), false) FROM pg_stat_activity"
                                + " WHERE pid = " + pid + " AND wait_event_type = 'Lock'")
                        .equals("t")));
        String state = catchThrowableOfType(SQLException.class, sql::publish).getSQLState();
        cancelling.join();
        return state;
    }
}
