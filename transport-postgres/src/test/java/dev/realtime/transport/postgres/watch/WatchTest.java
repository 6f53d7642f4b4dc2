package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** What the changes of a watched table's rows become. */
class WatchTest {
    private WatchedTables tables;
    private Session sql;

    @BeforeEach
    void create() throws SQLException {
        tables = new WatchedTables();
        sql = tables.sql();
        sql.run("create table orders (id integer primary key, tenant text default 'acme', n integer default 0)");
    }

    @AfterEach
    void drop() throws SQLException {
        tables.close();
    }

    @Test
    void aChangedRowIsHeardAsAResourcePing() throws SQLException {
        Node node = tables.store().node();
        sql.run("select rt.watch('orders')").run("insert into orders values (42)");

        Store.await().until(() -> node.sink().ids().size() == 1);
        Envelope heard = node.sink().entries().get(0).envelope();
        assertThat(heard.topic()).isEqualTo("resource:orders");
        assertThat(heard.type()).isEqualTo("orders.created");
        assertThat(heard.orgId()).isEqualTo("default");
        assertThat(heard.payload().toString()).isEqualTo("{\"action\":\"create\",\"id\":\"42\"}");
        assertThat(heard.id()).matches("[0-9a-f-]{36}");
    }

    @Test
    void eachRowOfAStatementIsAPing() throws SQLException {
        watch("orders", "org_column => 'tenant'");

        assertThat(tables.pings(
                        "insert into orders values (1, 'acme'), (2, 'globex')",
                        "update orders set n = 1 where id = 2",
                        "delete from orders"))
                .containsExactly(
                        "acme orders.created {\"action\":\"create\",\"id\":\"1\"}",
                        "globex orders.created {\"action\":\"create\",\"id\":\"2\"}",
                        "globex orders.updated {\"action\":\"update\",\"id\":\"2\"}",
                        "acme orders.deleted {\"action\":\"delete\",\"id\":\"1\"}",
                        "globex orders.deleted {\"action\":\"delete\",\"id\":\"2\"}");
    }

    @Test
    void rolledBackChangesLeaveNothing() throws SQLException {
        watch("orders");
        sql.begin().run("insert into orders values (1)").run("savepoint s").run("insert into orders values (2)");
        sql.run("rollback to s").run("insert into orders values (3)").commit();
        sql.begin().run("insert into orders values (4)").rollback();

        assertThat(sql.column("select convert_from(payload, 'UTF8')::json ->> 'id' from rt.stage"))
                .containsExactly("1", "3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update orders set n = 1 where false",
                "delete from orders where id = 777",
                "insert into orders select 1 where false",
                "update orders set n = n",
                "insert into orders values (1) on conflict do nothing",
                "insert into orders values (1, 'acme', 0) on conflict (id) do update set n = excluded.n",
                "with none as (delete from orders where id = 777) update orders set n = n"
            })
    void whatChangesNothingStagesNothingAndAssignsNoLock(String statement) throws SQLException {
        watch("orders", "org_column => 'tenant'");
        sql.run("insert into orders select g, 'acme' from generate_series(1, 300) g");

        sql.begin();
        assertThat(tables.pings(statement)).isEmpty();
        assertThat(sql.value("select count(*) from pg_locks where pid = pg_backend_pid() and mode = 'RowExclusiveLock'"
                        + " and relation = 'rt.stage'::regclass"))
                .isEqualTo("0");
        sql.rollback();
    }

    @Test
    void anUpsertSpeaksOfTheRowsItChangedOnly() throws SQLException {
        watch("orders");
        sql.run("insert into orders (id, n) values (1, 1), (2, 2)");

        assertThat(tables.pings("insert into orders (id, n) values (1, 1), (2, 5), (3, 3)"
                        + " on conflict (id) do update set n = excluded.n"))
                .containsExactlyInAnyOrder(ping("update", 2), ping("create", 3));
    }

    @Test
    void mergeAndCopyAndDataModifyingQueriesArePingsToo() throws Exception {
        watch("orders");
        assertThat(tables.pings("with made as (insert into orders values (1), (2) returning id) select * from made"))
                .containsExactly(ping("create", 1), ping("create", 2));
        if (sql.truth("select current_setting('server_version_num')::integer >= 150000")) {
            assertThat(tables.pings("merge into orders o using (values (1, 9), (2, 0), (3, 1)) v (id, n) on o.id = v.id"
                            + " when matched and v.n = 0 then delete when matched then update set n = v.n"
                            + " when not matched then insert (id) values (v.id)"))
                    .containsExactlyInAnyOrder(ping("delete", 2), ping("update", 1), ping("create", 3));
        }

        sql.connection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("copy orders (id) from stdin", new java.io.StringReader("8\n9\n"));

        assertThat(sql.column("select convert_from(payload, 'UTF8') from rt.stage order by seq desc limit 2"))
                .containsExactly("{\"action\":\"create\",\"id\":\"9\"}", "{\"action\":\"create\",\"id\":\"8\"}");
    }

    @Test
    void aRowThatChangesItsKeyOrItsOrganisationGoesHereAndComesThere() throws SQLException {
        watch("orders", "org_column => 'tenant'");
        sql.run("insert into orders values (1, 'acme'), (2, 'acme')");

        assertThat(tables.pings("update orders set id = 3 where id = 1"))
                .containsExactlyInAnyOrder(
                        "acme orders.deleted {\"action\":\"delete\",\"id\":\"1\"}",
                        "acme orders.created {\"action\":\"create\",\"id\":\"3\"}");
        assertThat(tables.pings("update orders set tenant = 'globex' where id = 2"))
                .containsExactly(
                        "acme orders.deleted {\"action\":\"delete\",\"id\":\"2\"}",
                        "globex orders.created {\"action\":\"create\",\"id\":\"2\"}");
        assertThat(tables.pings("update orders set tenant = null where id = 2"))
                .containsExactly("globex orders.deleted {\"action\":\"delete\",\"id\":\"2\"}");
    }

    @Test
    void aRowOfNobodyIsNobodysBusiness() throws SQLException {
        watch("orders", "org_column => 'tenant'");

        assertThat(tables.pings("insert into orders values (1, null), (2, ''), (3, 'not a name'), (4, 'acme')"))
                .containsExactly("acme orders.created {\"action\":\"create\",\"id\":\"4\"}");
    }

    @Test
    void upToTheLimitRowsAreNamedAndAboveItCounted() throws SQLException {
        watch("orders", "org_column => 'tenant', row_limit => 3");

        assertThat(tables.pings("insert into orders select g from generate_series(1, 3) g"))
                .hasSize(3);
        assertThat(tables.pings(
                        "insert into orders select g, 'globex' from generate_series(4, 9) g",
                        "update orders set n = 1",
                        "update orders set n = 1, id = id",
                        "update orders set n = 2 where id < 3",
                        "update orders set tenant = 'initech' where tenant = 'globex'",
                        "delete from orders"))
                .containsExactlyInAnyOrder(
                        "globex orders.created {\"action\":\"create\",\"count\":6}",
                        "acme orders.updated {\"action\":\"update\",\"count\":3}",
                        "globex orders.updated {\"action\":\"update\",\"count\":6}",
                        "acme orders.updated {\"action\":\"update\",\"id\":\"1\"}",
                        "acme orders.updated {\"action\":\"update\",\"id\":\"2\"}",
                        "globex orders.deleted {\"action\":\"delete\",\"count\":6}",
                        "initech orders.created {\"action\":\"create\",\"count\":6}",
                        "acme orders.deleted {\"action\":\"delete\",\"count\":3}",
                        "initech orders.deleted {\"action\":\"delete\",\"count\":6}");
    }

    @Test
    void atALimitOfNothingNoKeyIsTold() throws SQLException {
        watch("orders", "row_limit => 0");

        assertThat(tables.pings(
                        "insert into orders values (1)",
                        "update orders set n = 1",
                        "update orders set n = 1",
                        "delete from orders"))
                .containsExactly(
                        "default orders.created {\"action\":\"create\",\"count\":1}",
                        "default orders.updated {\"action\":\"update\",\"count\":1}",
                        "default orders.deleted {\"action\":\"delete\",\"count\":1}");
    }

    /** The changed row is behind those that tell most of the time, and one organisation's rows stay as they were. */
    @Test
    void oneChangedRowAmongThousandsIsNotOverlooked() throws SQLException {
        watch("orders", "org_column => 'tenant'");
        sql.run("insert into orders select g, 'acme' from generate_series(1, 5000) g"
                + "; insert into orders select g, 'globex' from generate_series(5001, 5200) g");

        assertThat(tables.pings("update orders set n = case id when 4999 then 1 else n end"))
                .containsExactly("acme orders.updated {\"action\":\"update\",\"count\":5000}");
        assertThat(tables.pings("update orders set n = n")).isEmpty();
    }

    @Test
    void aHundredThousandRowsAreOneEvent() throws SQLException {
        watch("orders");
        assertThat(tables.pings(
                        "insert into orders select g from generate_series(1, 100000) g",
                        "update orders set n = n + 1",
                        "delete from orders"))
                .containsExactly(
                        "default orders.created {\"action\":\"create\",\"count\":100000}",
                        "default orders.updated {\"action\":\"update\",\"count\":100000}",
                        "default orders.deleted {\"action\":\"delete\",\"count\":100000}");
    }

    @Test
    void aTruncateTellsEveryOrganisationThatHadRows() throws SQLException {
        watch("orders", "org_column => 'tenant', condition => 'n = 0'");
        sql.run("insert into orders values (1, 'acme', 0), (2, 'acme', 0), (3, 'globex', 0), (4, 'initech', 1)");

        assertThat(tables.pings("truncate orders"))
                .containsExactly(
                        "acme orders.deleted {\"action\":\"delete\",\"count\":2}",
                        "globex orders.deleted {\"action\":\"delete\",\"count\":1}");
        assertThat(tables.pings("truncate orders")).isEmpty();
    }

    @Test
    void aConditionLetsThroughWhatMeetsItBeforeOrAfter() throws SQLException {
        watch("orders", "condition => 'orders.n > 0 -- and no more'");

        assertThat(tables.pings("insert into orders (id, n) values (1, 0), (2, 1), (3, null)"))
                .containsExactly(ping("create", 2));
        assertThat(tables.pings("update orders set n = 1 where id = 1")).containsExactly(ping("update", 1));
        assertThat(tables.pings("update orders set n = 0 where id = 1")).containsExactly(ping("update", 1));
        assertThat(tables.pings("update orders set n = -1 where id = 1")).isEmpty();
        assertThat(tables.pings("delete from orders")).containsExactly(ping("delete", 2));
    }

    @Test
    void onlyTheChosenOperationsAreHeard() throws SQLException {
        watch("orders", "operations => '{insert,delete}'");

        assertThat(tables.pings("insert into orders values (1)", "update orders set n = 1", "truncate orders"))
                .containsExactly(ping("create", 1));
    }

    @Test
    void aCompositeKeyIsAnArrayInTheKeysOrder() throws SQLException {
        sql.run("create table parts (b text, n integer, a text, primary key (a, b) include (n))");
        watch("parts");

        assertThat(tables.pings("insert into parts values (E'x\"\\\\\\n', 1, 'ü')", "update parts set b = 'y'"))
                .containsExactlyInAnyOrder(
                        "default parts.created {\"action\":\"create\",\"id\":[\"ü\", \"x\\\"\\\\\\n\"]}",
                        "default parts.deleted {\"action\":\"delete\",\"id\":[\"ü\", \"x\\\"\\\\\\n\"]}",
                        "default parts.created {\"action\":\"create\",\"id\":[\"ü\", \"y\"]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "timestamptz | 2026-01-02 03:04:05+02 | 2026-01-02 01:04:05+00",
                "date | 2026-01-02 | 2026-01-02",
                "interval | 1 day 2 hours | P1DT2H",
                "bytea | \\x00ff | \\\\x00ff",
                "float8 | 0.1 | 0.1",
                "uuid | 01A1FA70-0000-4000-8000-000000000000 | 01a1fa70-0000-4000-8000-000000000000",
                "char(4) | ab | ab",
                "boolean | true | true",
                "text[] | {a,b} | {a,b}",
                "int4range | [1,3) | [1,3)",
                "numeric(9,2) | 1.5 | 1.50"
            })
    void aKeysTextIsTheSameWhateverTheWriterHasSet(String type, String value, String id) throws SQLException {
        sql.run("create table keyed (id " + type + " primary key, n integer)");
        watch("keyed");
        List<String> pings = tables.pings("do $$ begin set local datestyle = german; set local timezone = 'Asia/Tokyo';"
                + " set local intervalstyle = sql_standard; set local bytea_output = escape;"
                + " set local extra_float_digits = -10;"
                + " insert into keyed values ('" + value
                + "'); update keyed set n = 1; update keyed set n = n; end $$");

        assertThat(pings)
                .containsExactly(
                        "default keyed.created {\"action\":\"create\",\"id\":\"" + id + "\"}",
                        "default keyed.updated {\"action\":\"update\",\"id\":\"" + id + "\"}");
    }

    @Test
    void columnsOfAnyTypeAndAnyNameAreCompared() throws SQLException {
        sql.run(
                "create table \"We\"\"ird %s\" (\"Key %I\" integer primary key, \"We\"\"ird %s\" text, p point, j json, x xml,"
                        + " realtime_orgs text, found text, tg_op text, org text, \"The %L org\" text)");
        watch(
                "\"We\"\"ird %s\"",
                "resource => 'weird', org_column => 'The %L org', condition => 'found is distinct from ''%s $1'''");

        assertThat(tables.pings(
                        "insert into \"We\"\"ird %s\" values (1, 'a', '(1,2)', '{}', '<a/>', 'r', 'f', 't', 'o', 'acme')",
                        "update \"We\"\"ird %s\" set j = j, p = p",
                        "update \"We\"\"ird %s\" set j = '[]'",
                        "truncate \"We\"\"ird %s\""))
                .containsExactly(
                        "acme weird.created {\"action\":\"create\",\"id\":\"1\"}",
                        "acme weird.updated {\"action\":\"update\",\"id\":\"1\"}",
                        "acme weird.deleted {\"action\":\"delete\",\"count\":1}");
    }

    @Test
    void foreignKeysThatCascadeArePings() throws SQLException {
        sql.run(
                "create table lines (id integer primary key, orders integer references orders on delete cascade on update"
                        + " cascade)");
        watch("lines");
        sql.run("insert into orders values (1); insert into lines values (10, 1), (11, 1)");

        assertThat(tables.pings("update orders set id = 2"))
                .containsExactly(
                        "default lines.updated {\"action\":\"update\",\"id\":\"10\"}",
                        "default lines.updated {\"action\":\"update\",\"id\":\"11\"}");
        assertThat(tables.pings("delete from orders"))
                .containsExactly(
                        "default lines.deleted {\"action\":\"delete\",\"id\":\"10\"}",
                        "default lines.deleted {\"action\":\"delete\",\"id\":\"11\"}");
    }

    @Test
    void partitionsAreCoveredHoweverTheyAreWritten() throws SQLException {
        sql.run("create table events (region text, id integer, n integer default 0, primary key (region, id))"
                + " partition by list (region);"
                + " create table events_a partition of events for values in ('a');"
                + " create table events_b (n integer default 0, gone text, id integer not null, region text not null);"
                + " alter table events_b drop column gone;"
                + " alter table events attach partition events_b for values in ('b', 'c')");
        watch("events");

        assertThat(tables.pings("insert into events values ('a', 1), ('b', 2)"))
                .containsExactly(part("create", "a", 1), part("create", "b", 2));
        assertThat(tables.pings(
                        "insert into events_b (region, id) values ('b', 3)", "update events_b set n = 1 where id = 3"))
                .containsExactly(part("create", "b", 3), part("update", "b", 3));
        assertThat(tables.pings("update events set n = 7 where id < 3"))
                .containsExactlyInAnyOrder(part("update", "a", 1), part("update", "b", 2));
        assertThat(tables.pings("update events set region = 'b' where id = 1"))
                .containsExactlyInAnyOrder(part("delete", "a", 1), part("create", "b", 1));
        assertThat(tables.pings("insert into events values ('b', 1, 0) on conflict (region, id) do update set n = 8"))
                .containsExactly(part("update", "b", 1));
        sql.run("create table events_d partition of events for values in ('d')");
        assertThat(tables.pings("insert into events values ('a', 5), ('d', 4)"))
                .containsExactlyInAnyOrder(part("create", "a", 5), part("create", "d", 4));
        assertThat(tables.pings("truncate events_b"))
                .containsExactly("default events.deleted {\"action\":\"delete\",\"count\":3}");
        assertThat(tables.pings("truncate events"))
                .containsExactlyInAnyOrder(
                        "default events.deleted {\"action\":\"delete\",\"count\":1}",
                        "default events.deleted {\"action\":\"delete\",\"count\":1}");
    }

    @Test
    void aWriterNeedsNoRightsInTheSchema() throws SQLException {
        String role = "writer_" + tables.store().schema();
        watch("orders");
        sql.run("create role " + role + "; grant usage on schema " + tables.app() + " to " + role
                + "; grant insert on orders to " + role);
        try {
            assertThat(tables.pings("set role " + role, "insert into orders values (1)", "reset role"))
                    .containsExactly(ping("create", 1));
        } finally {
            sql.run("reset role; drop owned by " + role + "; drop role " + role);
        }
    }

    private void watch(String table, String... options) throws SQLException {
        sql.value("select rt.watch('" + table + "'" + (options.length == 0 ? "" : ", " + options[0]) + ")");
    }

    private static String ping(String action, int id) {
        return "default orders." + action + "d {\"action\":\"" + action + "\",\"id\":\"" + id + "\"}";
    }

    private static String part(String action, String region, int id) {
        return "default events." + action + "d {\"action\":\"" + action + "\",\"id\":[\"" + region + "\", \"" + id
                + "\"]}";
    }
}
