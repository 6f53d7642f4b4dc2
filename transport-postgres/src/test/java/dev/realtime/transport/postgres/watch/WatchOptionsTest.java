package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.transport.postgres.equipment.Session;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

/** Who may watch what and how, and what is said to be watched. */
class WatchOptionsTest {
    /** Arguments, the SQLSTATE that they get, and a word of the answer. */
    private static final String BAD_INPUT = """
            null | 22004 | relation
            'seen' | 42809 | not a table
            'stored' | 42809 | not a table
            'counter' | 42809 | not a table
            'pg_catalog.pg_class' | 42809 | system
            'rt.stage' | 42809 | system
            'scratch' | 42809 | temporary
            'parted_1' | 42809 | partition
            'keyless' | 55000 | primary key
            'orders', resource => 'a b' | 22023 | resource
            'orders', resource => 'realtime' | 22023 | resource
            'orders', resource => repeat('x', 120) | 22023 | resource
            '"Order Items"' | 22023 | resource
            'orders', topic => 'a/b' | 22023 | topic
            'orders', row_limit => -1 | 22023 | row_limit
            'orders', row_limit => 1000001 | 22023 | row_limit
            'orders', row_limit => null | 22023 | row_limit
            'orders', operations => '{}' | 22023 | operations
            'orders', operations => null | 22023 | operations
            'orders', operations => '{update,null}' | 22023 | operations
            'orders', operations => '{UPDATE}' | 22023 | operations
            'orders', org_id => '' | 22023 | org_id
            'orders', org_id => 'acme', org_column => 'tenant' | 22023 | org_column
            'orders', org_column => 'nowhere' | 42703 | nowhere
            'orders', org_column => 'ctid' | 42703 | ctid
            'orders', org_column => 'made' | 42804 | timestamptz
            'orders', condition => '' | 42601 | condition
            'orders', condition => 'nowhere > 0' | 42703 | nowhere
            'orders', condition => 'id' | 42804 | boolean
            'orders', condition => 'count(*) > 1' | 42803 | aggregate
            'orders', condition => 'id > $1' | 42P02 | $1
            'orders', condition => 'generate_series(1, id) > 1' | 0A000 | condition
            'orders', condition => 'evil(id)' | 42883 | evil
            'orders', condition => 'true) or (tru' | 42703 | tru
            'orders', condition => 'true); drop table orders; select (true' | 42601 | condition
            'orders', condition => 'true) then perform 1/0; end if; if (true' | 42601 | condition
            'orders', condition => '$$ ; select' | 42601 | condition
            'orders', condition => '(/* ' | 42601 | condition""";

    private static final String OF_ORDERS = " from rt.watched where relation = 'orders'::regclass";

    private WatchedTables tables;
    private Session sql;

    @BeforeEach
    void create() throws SQLException {
        tables = new WatchedTables();
        sql = tables.sql();
        sql.run("create table orders (id integer primary key, tenant text, n integer default 0, made timestamptz)");
    }

    @AfterEach
    void drop() throws SQLException {
        tables.close();
    }

    @Test
    void badInputIsRefusedWithAStateAndAHintAndTheTransactionGoesOn() throws SQLException {
        sql.run("create view seen as select * from orders; create materialized view stored as select * from orders;"
                + " create sequence counter; create temporary table scratch (id integer primary key);"
                + " create table keyless (id integer unique); create table \"Order Items\" (id integer primary key);"
                + " create table parted (id integer primary key) partition by range (id);"
                + " create table parted_1 partition of parted for values from (1) to (9);"
                + " create function evil(integer) returns boolean language sql immutable as 'select 1 / 0 = 1'");
        sql.begin().run("savepoint s");

        for (String row : BAD_INPUT.split("\n")) {
            String[] cells = row.split(" \\| ");
            ServerErrorMessage refusal = sql.refusal("select rt.watch(" + cells[0] + ")");
            assertThat(refusal.getSQLState()).as(row + ": " + refusal).isEqualTo(cells[1]);
            assertThat(refusal.getMessage()).as(row).contains(cells[2]);
            assertThat(refusal.getHint()).as(row).isNotBlank();
            sql.run("rollback to s");
        }

        sql.commit();
        assertThat(sql.column("select relation from rt.watched")).isEmpty();
        assertThat(sql.column("select proname from pg_proc where pronamespace = '" + tables.app() + "'::regnamespace"))
                .containsExactly("evil");
    }

    @Test
    void whatIsWatchedIsListedWithItsOptions() throws SQLException {
        sql.value(
                "select rt.watch('orders', 'orders-topic', 'purchases', 'tenant', null, '{update,delete}', 'n > 0', 7)");

        assertThat(sql.value("select concat_ws(' ', relation, topic, resource, org_column, coalesce(org_id, '-'),"
                        + " operations, condition, row_limit, coalesce(problem, '-'))" + OF_ORDERS))
                .isEqualTo("orders orders-topic purchases tenant - {delete,update} n > 0 7 -");
        assertThat(tables.pings("insert into orders values (1, 'acme', 1)", "update orders set n = 2"))
                .containsExactly("acme purchases.updated {\"action\":\"update\",\"id\":\"1\"}");
    }

    @Test
    void aColumnCalledOrgIdIsTheOrganisation() throws SQLException {
        sql.run("create table visits (id integer primary key, org_id uuid)");
        sql.value("select rt.watch('visits')");

        assertThat(tables.pings("insert into visits values (1, '01a1fa70-0000-4000-8000-000000000000')"))
                .containsExactly(
                        "01a1fa70-0000-4000-8000-000000000000 visits.created {\"action\":\"create\",\"id\":\"1\"}");
        sql.value("select rt.watch('visits', org_id => 'acme')");
        assertThat(tables.pings("delete from visits"))
                .containsExactly("acme visits.deleted {\"action\":\"delete\",\"id\":\"1\"}");
    }

    @Test
    void watchingAgainReplacesTheOptionsAtOnceOrNotAtAll() throws SQLException {
        sql.value("select rt.watch('orders', condition => 'n > 0')");
        sql.begin().run("savepoint s");
        sql.refusal("select rt.watch('orders', condition => 'nonsense')");
        sql.run("rollback to s").commit();
        assertThat(sql.value("select condition" + OF_ORDERS)).isEqualTo("n > 0");

        sql.value("select rt.watch('orders', org_id => 'acme', operations => '{insert}')");

        assertThat(tables.pings("insert into orders values (1)", "update orders set n = 1"))
                .containsExactly("acme orders.created {\"action\":\"create\",\"id\":\"1\"}");
        assertThat(sql.value("select count(*) from pg_proc where pronamespace = '" + tables.app() + "'::regnamespace"))
                .isEqualTo("1");
    }

    /** PostgreSQL 18 has such columns: no trigger has their values. */
    @Test
    void aColumnThatIsComputedWhenItIsReadCannotSayWhoOrWhether() throws SQLException {
        assumeTrue(sql.truth("select current_setting('server_version_num')::integer >= 180000"));
        sql.run("create table computed (id integer primary key, kept text generated always as ('acme') stored,"
                + " seen text generated always as ('acme') virtual)");

        ServerErrorMessage organisation = sql.refusal("select rt.watch('computed', org_column => 'seen')");
        assertThat(organisation.getSQLState()).isEqualTo("42804");
        assertThat(organisation.getHint()).contains("stored");
        ServerErrorMessage condition = sql.refusal("select rt.watch('computed', condition => $$seen > ''$$)");
        assertThat(condition.getSQLState()).isEqualTo("42703");
        assertThat(condition.getHint()).contains("virtual");

        sql.value("select rt.watch('computed', org_column => 'kept', condition => $$kept > ''$$)");
        assertThat(tables.pings("insert into computed values (1)", "update computed set id = 2", "truncate computed"))
                .hasSize(4);
    }

    @Test
    void noKeyIsLargerThanItsLimitWhateverStandsBesideIt() {
        for (String large : List.of("to_jsonb(repeat('x', 66000))", "jsonb '1e66000'")) {
            ServerErrorMessage beside =
                    sql.refusal("select rt.stage_pings('t', 'r', 'id', '{a,a}', '{update,update}', array[jsonb '1', "
                            + large + "])");
            assertThat(beside.getSQLState()).isEqualTo("54000");
            assertThat(beside.getMessage()).contains("6600", "65536");
            assertThat(sql.refusal("select rt.stage_ping('t', 'r', 'a', 'update', " + large + ")")
                            .getSQLState())
                    .isEqualTo("54000");
        }
    }

    @Test
    void unwatchLeavesNothingBehind() throws SQLException {
        sql.value("select rt.watch('orders')");

        assertThat(sql.truth("select rt.unwatch('orders')")).isTrue();

        assertThat(sql.truth("select rt.unwatch('orders')")).isFalse();
        assertThat(tables.pings("insert into orders values (1)")).isEmpty();
        assertThat(sql.column("select relation from rt.watched")).isEmpty();
        assertThat(sql.column("select proname from pg_proc where pronamespace = '" + tables.app() + "'::regnamespace"))
                .isEmpty();
    }

    @Test
    void theListIsHonestAboutRenamesAndDrops() throws SQLException {
        sql.value("select rt.watch('orders')");
        sql.run("alter table orders rename to old_orders; create table orders (id integer primary key)");
        assertThat(sql.column("select relation || ' ' || resource from rt.watched where problem is null"))
                .containsExactly("old_orders orders");
        assertThat(sql.value("select problem from rt.watched where relation = 'orders'::regclass"))
                .contains("in the place of");

        sql.value("select rt.watch('orders', resource => 'fresh')");
        assertThat(tables.pings("insert into old_orders values (1)", "insert into orders values (1)"))
                .containsExactly(
                        "default orders.created {\"action\":\"create\",\"id\":\"1\"}",
                        "default fresh.created {\"action\":\"create\",\"id\":\"1\"}");

        sql.run("drop table old_orders");
        assertThat(sql.column("select resource from rt.watched")).containsExactly("fresh");
    }

    @Test
    void theListSaysWhatIsWrong() throws SQLException {
        sql.run("create table parted (id integer primary key, tenant text) partition by range (id);"
                + " create table parted_1 partition of parted for values from (1) to (9)");
        sql.value("select rt.watch('parted', org_column => 'tenant')");
        assertThat(problem()).isNull();

        sql.run("create table parted_2 partition of parted for values from (9) to (20)");
        assertThat(problem()).contains("partitions");
        sql.value("select rt.watch('parted', org_column => 'tenant')");
        assertThat(problem()).isNull();

        sql.run("alter table parted rename column tenant to owner");
        assertThat(problem()).contains("organisation column");
        sql.value("select rt.watch('parted', org_column => 'owner')");
        sql.run("alter table parted rename column id to number");
        assertThat(problem()).contains("primary key");
        sql.value("select rt.watch('parted', org_column => 'owner')");
        sql.run("alter table parted disable trigger user");
        assertThat(problem()).contains("disabled");
        sql.run("alter table parted enable trigger user; alter table parted detach partition parted_2");
        assertThat(problem()).isNull();
        assertThat(sql.column("select relation from rt.watched")).containsExactlyInAnyOrder("parted", "parted_2");
        assertThat(sql.truth("select rt.unwatch('parted')")).isTrue();
        assertThat(tables.pings("insert into parted_2 values (9, 'acme')")).hasSize(1);
        assertThat(sql.truth("select rt.unwatch('parted_2')")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter table orders rename to old_orders; create table orders (like old_orders including all)",
                "begin; create table fresh (like orders including all); alter table orders rename to old_orders;"
                        + " alter table fresh rename to orders; commit",
                "create table fresh (like orders including all); drop table orders; alter table fresh rename to orders",
                "drop table orders; create table orders (id integer primary key)",
                "drop table orders",
                "create schema elsewhere; alter table orders set schema elsewhere;"
                        + " create table orders (id integer primary key)",
                "drop trigger rt_watch_update on orders",
                "drop function rt_watch_orders() cascade",
                "alter table orders disable trigger all",
                "alter table orders disable trigger rt_watch_delete",
                "alter table orders enable replica trigger rt_watch_insert"
            })
    void whateverEndsAWatchIsSeenUntilItIsWatchedAgain(String end) throws SQLException {
        sql.value("select rt.watch('orders')");
        assertThat(tables.problems()).isEmpty();

        sql.run(tables.store().in(end.replace("rt_watch", tables.store().schema() + "_watch")));
        assertThat(tables.problems()).hasSize(1);

        if (end.endsWith("drop table orders")) {
            sql.run("create table orders (id integer primary key)");
        }
        sql.value("select rt.watch('orders')");
        assertThat(tables.problems()).isEmpty();
        sql.run("drop schema if exists elsewhere cascade");
    }

    @Test
    void whatIsNotWatchedAnyMoreOnPurposeIsNoProblem() throws SQLException {
        sql.run("select rt.watch('orders'); drop table orders; create table orders (id integer primary key)");
        assertThat(sql.truth("select rt.unwatch('orders')")).isTrue();
        assertThat(tables.problems()).isEmpty();

        sql.run("select rt.watch('orders'); drop table orders");
        assertThat(sql.truth("select rt.forget_watch('" + tables.app() + "', 'orders')"))
                .isTrue();
        assertThat(tables.problems()).isEmpty();
        assertThat(sql.truth("select rt.forget_watch('" + tables.app() + "', 'orders')"))
                .isFalse();

        sql.run("create table orders (id integer primary key); select rt.watch('orders');"
                + " alter table orders rename to purchases");
        assertThat(tables.problems()).isEmpty();
        assertThat(sql.truth("select rt.unwatch('purchases')")).isTrue();
        assertThat(sql.column("select * from rt.watched")).isEmpty();
    }

    @Test
    void aKeyThatNoReaderCanTakeIsCountedAndTheStatementGoesOn() throws SQLException {
        sql.run("update rt.store set max_payload_bytes = 1024; create table notes (id text primary key)");
        sql.value("select rt.watch('notes')");

        assertThat(tables.pings("insert into notes values (repeat('x', 2000))", "insert into notes values ('a')"))
                .containsExactly(
                        "default notes.created {\"action\":\"create\",\"count\":1}",
                        "default notes.created {\"action\":\"create\",\"id\":\"a\"}");
    }

    @Test
    void whereOurSchemaIsMissingTheStatementGoesOn() throws SQLException {
        sql.value("select rt.watch('orders')");
        sql.run("alter schema \"" + tables.store().schema() + "\" rename to away_" + tables.app());
        try {
            sql.run("insert into orders values (1); update orders set n = 1; delete from orders; truncate orders");
            assertThat(sql.value("select count(*) from orders")).isEqualTo("0");
        } finally {
            sql.run("alter schema away_" + tables.app() + " rename to \""
                    + tables.store().schema() + "\"");
        }
    }

    @Test
    void aTriggerFunctionThatSomebodyElseIsGivenIsNamed() throws SQLException {
        String other = "other_" + tables.app();
        sql.run("create role " + other
                + "; create function give() returns event_trigger language plpgsql as $$ declare f record;"
                + " begin for f in select object_identity from pg_event_trigger_ddl_commands() where schema_name = '"
                + tables.app()
                + "' and object_type = 'function' and not exists (select from pg_proc p where p.oid = objid"
                + " and p.proowner = '" + other + "'::regrole) loop execute format('alter function %s owner to " + other
                + "', f.object_identity); end loop; end $$;"
                + " create event trigger give_" + tables.app() + " on ddl_command_end when tag in ('CREATE FUNCTION',"
                + " 'ALTER FUNCTION') execute function give()");
        try {
            ServerErrorMessage refused = sql.refusal("select rt.watch('orders')");
            assertThat(refused.getMessage()).contains(other);
            assertThat(refused.getHint()).isNotBlank();
        } finally {
            sql.run("drop event trigger give_" + tables.app() + "; drop owned by " + other + "; drop role " + other);
        }
    }

    private String problem() throws SQLException {
        return sql.value("select problem from rt.watched order by relation limit 1");
    }
}
