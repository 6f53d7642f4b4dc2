package dev.realtime.transport.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.Envelopes;
import dev.realtime.transport.testkit.checks.LeakCheck;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;

/** A server of its own: one that decodes its WAL and publishes all tables, and that stores are restored to. */
@ExtendWith(LeakCheck.class)
class OtherServerTest {
    private static final List<String> TABLES = List.of("store", "floor", "log", "stage", "tick");

    private static OwnPostgres server;

    @BeforeAll
    static void start() {
        server = OwnPostgres.started(Map.of("wal_level", "logical"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aPublicationForAllTablesHoldsNothingUp() throws Exception {
        try (Store store = new Store(server.url(), "published")) {
            store.node().adapter().close();
            try (Session sql = store.session()) {
                sql.run("create publication everything for all tables");
                sql.run("update rt.store set replay_window = interval '0'");
                sql.begin().publish("one").publish("two").publish("three").commit();
                // In portions, so that a tick is updated; and everything is deleted in the end.
                while (sql.truth("select more from rt.seal(2)")) {
                    assertThat(sql.value("select count(*) from rt.log")).isNotEqualTo("0");
                }
                sql.publish("four").value("select sealed from rt.seal(10)");
                assertThat(store.logged()).containsExactly("one", "two", "three", "four");
                while (!sql.value("select rt.trim(100)").equals("0")) {
                    assertThat(sql.truth("select rt.is_staged()")).isFalse();
                }
                assertThat(sql.value("select (select count(*) from rt.log) + (select count(*) from rt.stage)"))
                        .isEqualTo("0");
                assertThat(sql.value("select count(*) from rt.tick")).isEqualTo("1");
                sql.publish("five").run("update rt.store set home_system = 1");
                assertThat(sql.truth("select rt.settle()")).isTrue();
                assertThat(store.logged()).containsExactly("five");
                sql.run("drop publication everything");
            }
        }
    }

    @Test
    void aRestoreToAServerWithLowerTransactionIdsHidesNoEvent() throws Exception {
        try (Store from = Store.migrated();
                Store to = new Store(server.url(), from.schema())) {
            to.node().adapter().close();
            try (Session old = from.session();
                    Session sql = to.session()) {
                while (xmax(old) < xmax(sql) + 100_000) {
                    old.run(
                            "do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$");
                }
                old.publish("sealed").value("select sealed from rt.seal(10)");
                old.publish("staged-1").publish("staged-2");
                restore(old, sql);
                assertThat(sql.truth("select rt.is_staged()")).isFalse();
                sql.publish("before-any-instance");

                // The channel was restored too, and that comes from the prefix.
                String prefix = sql.value("select replace(channel, '_events', '') from rt.store");
                Node node = to.start(Map.of(), prefix).live();
                sql.publish("by-sql");
                node.sink().awaitId("by-sql");
                node.publish(Envelopes.withId(Store.ORG, "direct"));

                node.sink().awaitId("direct");
                assertThat(to.logged())
                        .containsExactly("sealed", "staged-1", "staged-2", "before-any-instance", "by-sql", "direct");
                assertThat(sql.value("select count(distinct seq) from rt.log")).isEqualTo("5");
            }
        }
    }

    private static long xmax(Session session) throws SQLException {
        return Long.parseLong(session.value("select pg_snapshot_xmax(pg_current_snapshot())"));
    }

    /** As pg_dump and pg_restore do: rows as they are, sequences where they were. */
    private static void restore(Session from, Session to) throws SQLException, IOException {
        for (String table : TABLES) {
            ByteArrayOutputStream rows = new ByteArrayOutputStream();
            copy(from, "copy rt." + table + " to stdout", rows);
            to.run("delete from rt." + table);
            to.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            to.in().apply("copy rt." + table + " from stdin"),
                            new ByteArrayInputStream(rows.toByteArray()));
        }
        for (String sequence : List.of("rt.log_offset", "rt.stage_seq_seq")) {
            String last = from.value("select last_value from " + sequence);
            to.run("select setval('" + sequence + "', " + last + ")");
        }
    }

    private static void copy(Session from, String sql, ByteArrayOutputStream rows) throws SQLException, IOException {
        from.connection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut(from.in().apply(sql), rows);
    }
}
