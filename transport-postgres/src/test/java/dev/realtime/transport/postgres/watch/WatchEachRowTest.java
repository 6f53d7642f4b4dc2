package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.net.URI;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.ServerErrorMessage;

/** Watching by triggers for each row: what tables come to inherit, foreign ones too, and that it says the same otherwise. */
class WatchEachRowTest {
    /** Of a table, as %s, with these columns: id, sub (both are its key), tenant, n. */
    private static final List<String> STATEMENTS = List.of(
            "insert into %s values (1, 1, 'acme', 1), (2, 1, 'acme', 2), (3, 1, 'beta', 3), (4, 1, null, 4), (5, 1, 'a b', 5)",
            "insert into %s values (6, 1, 'acme', -1)",
            "update %s set n = n",
            "update %s set n = n + 1",
            "update %s set n = n + 1 where id = 99",
            "update %s set id = id + 10 where id = 2",
            "update %s set sub = 2 where n > 2",
            "update %s set tenant = 'beta' where id = 1",
            "update %s set tenant = null where id = 3",
            "update %s set tenant = 'gamma', n = -n where id = 4",
            "update %s set n = -n",
            "insert into %s values (6, 1, 'acme', 9), (7, 1, 'acme', 9) on conflict (id, sub) do update set n = excluded.n",
            "with moved as (delete from %s where id = 7 returning *) insert into %1$s select 8, sub, tenant, n from moved",
            "delete from %s where n < 0",
            "delete from %s where id = 99",
            "truncate %s");

    private WatchedTables tables;
    private Session sql;

    @BeforeEach
    void create() throws SQLException {
        tables = new WatchedTables();
        sql = tables.sql();
        sql.run("create table orders (id integer primary key, tenant text, n integer default 0)");
    }

    @AfterEach
    void drop() throws SQLException {
        sql.run("reset role; drop extension if exists postgres_fdw cascade; drop schema if exists " + tables.app()
                + "_far cascade");
        tables.close();
    }

    @Test
    void aForeignTableThatComesToInheritLaterFailsNoStatementAndIsNamedUntilItIsHeard() throws SQLException {
        sql.run("select rt.watch('orders', org_column => 'tenant', each_row => true)");
        haveServer();
        assertThat(tables.problems()).isEmpty();
        haveForeignHeir();

        assertThat(tables.pings(
                        "insert into orders values (1, 'acme', 1)",
                        "update orders set n = n + 1",
                        "update orders set n = n + 1 where id = 100",
                        "delete from orders where id = 101"))
                .as("statements that touch its rows")
                .containsExactly(
                        "acme orders.created {\"action\":\"create\",\"id\":\"1\"}",
                        "acme orders.updated {\"action\":\"update\",\"id\":\"1\"}");
        assertThat(sql.column("select n from " + tables.app() + "_far.orders")).containsExactly("3");
        assertThat(tables.problems()).singleElement().asString().contains("has come to inherit");

        sql.run("select rt.watch('orders', org_column => 'tenant', each_row => true)");
        assertThat(tables.problems()).isEmpty();
        assertThat(tables.pings("update orders set n = n + 1"))
                .containsExactlyInAnyOrder(
                        "acme orders.updated {\"action\":\"update\",\"id\":\"1\"}",
                        "far orders.updated {\"action\":\"update\",\"id\":\"100\"}");
        assertThat(tables.pings("truncate orders"))
                .containsExactly(
                        "acme orders.deleted {\"action\":\"delete\",\"count\":1}",
                        "far orders.deleted {\"action\":\"delete\",\"count\":1}");
    }

    @Test
    void whereAForeignTableMayComeTheKindOfTriggersIsAskedFor() throws SQLException {
        sql.run("select rt.watch('orders')");
        assertThat(tables.problems()).isEmpty();
        haveServer();
        assertThat(tables.problems()).singleElement().asString().contains("foreign server", "each_row");

        ServerErrorMessage refused = sql.refusal("select rt.watch('orders')");
        assertThat(refused.getSQLState()).isEqualTo("22023");
        assertThat(refused.getMessage()).startsWith("each_row: ").contains("loop", "orders");
        assertThat(refused.getHint()).contains("true", "false");

        sql.run("select rt.watch('orders', each_row => false)");
        assertThat(tables.problems()).isEmpty();
        haveForeignHeir();
        assertThat(tables.problems())
                .singleElement()
                .asString()
                .contains("a foreign table inherits", "each_row => true");
        for (String each : new String[] {"each_row => false", "each_row => null"}) {
            ServerErrorMessage inherits = sql.refusal("select rt.watch('orders', " + each + ")");
            assertThat(inherits.getSQLState()).isEqualTo("42809");
            assertThat(inherits.getHint()).contains("each_row => true", "NO INHERIT");
        }
        sql.run("select rt.watch('orders', each_row => true)");
        assertThat(tables.problems()).isEmpty();
    }

    @Test
    void aPartitionedTableNeedsNoChoice() throws SQLException {
        haveServer();
        sql.run("create table parted (id integer primary key) partition by range (id); select rt.watch('parted')");
        assertThat(tables.problems()).isEmpty();

        ServerErrorMessage refused = sql.refusal("select rt.watch('parted', each_row => true)");
        assertThat(refused.getSQLState()).isEqualTo("22023");
        assertThat(refused.getHint()).contains("primary key");
        assertThat(sql.refusal(
                                "create foreign table far_part partition of parted for values from (1) to (9) server loop")
                        .getDetail())
                .as("what the hint says")
                .contains("unique");
    }

    @ParameterizedTest
    @CsvSource({"100, ''", "100, ', condition => ''n > 0'''", "0, ''"})
    void itSaysWhatAWatchByStatementsSays(int rowLimit, String more) throws SQLException {
        String columns = " (id integer, sub integer, tenant text, n integer, primary key (id, sub)); select rt.watch(";
        String options = ", 'both', 'both', 'tenant', row_limit => 100" + more;
        sql.run("create table by_statement" + columns + "'by_statement'" + options + ")");
        sql.run("create table by_row" + columns + "'by_row'" + options.replace("100", Integer.toString(rowLimit))
                + ", each_row => true)");

        for (String statement : STATEMENTS) {
            List<String> expected = tables.pings(statement.formatted("by_statement"));
            if (rowLimit == 0 && !statement.startsWith("truncate")) {
                expected = expected.stream()
                        .map(ping -> ping.replaceAll("\"id\":.*", "\"count\":1}"))
                        .toList();
            }
            assertThat(tables.pings(statement.formatted("by_row")))
                    .as(statement)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(tables.problems()).isEmpty();
    }

    @Test
    void heirsAreHeardByWhicheverNameTheyAreWritten() throws SQLException {
        sql.run("create table old_orders (note text, primary key (id)) inherits (orders);"
                + " create table older_orders () inherits (old_orders);"
                + " select rt.watch('orders', org_id => 'acme', each_row => true);"
                + " select rt.watch('old_orders', org_id => 'acme', each_row => true)");
        assertThat(sql.column("select relation from rt.watched order by 1")).containsExactly("orders", "old_orders");
        assertThat(tables.problems()).isEmpty();

        assertThat(tables.pings("insert into older_orders values (7)", "update orders set n = 5"))
                .containsExactlyInAnyOrder(
                        "acme orders.created {\"action\":\"create\",\"id\":\"7\"}",
                        "acme old_orders.created {\"action\":\"create\",\"id\":\"7\"}",
                        "acme orders.updated {\"action\":\"update\",\"id\":\"7\"}",
                        "acme old_orders.updated {\"action\":\"update\",\"id\":\"7\"}");

        sql.run("alter table old_orders no inherit orders");
        assertThat(tables.problems()).singleElement().asString().contains("does not inherit");
        sql.run("select rt.watch('orders', org_id => 'acme', each_row => true)");
        assertThat(tables.problems()).isEmpty();
        assertThat(tables.pings("update older_orders set n = 6"))
                .containsExactly("acme old_orders.updated {\"action\":\"update\",\"id\":\"7\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "select rt.unwatch('orders'), 0, 0",
        "'select rt.watch(''orders'', each_row => false)', 4, 1",
        "'select rt.watch(''orders'', operations => ''{update}'', each_row => true)', 2, 1",
        "'alter table old_orders no inherit orders; select rt.unwatch(''orders'')', 0, 0",
    })
    void nothingIsLeftOfTriggersThatHaveEnded(String statements, int triggers, int functions) throws SQLException {
        sql.run("create table old_orders () inherits (orders)");
        sql.run("select rt.watch('orders', each_row => true)");
        sql.run("alter table old_orders disable trigger user");
        assertThat(tables.problems()).singleElement().asString().contains("has lost its trigger");
        sql.run("alter table old_orders enable trigger user");
        assertThat(tables.problems()).isEmpty();

        sql.run(statements);

        assertThat(tables.problems()).isEmpty();
        assertThat(
                        sql.value(
                                "select count(*) from pg_trigger where tgrelid in ('orders'::regclass, 'old_orders'::regclass)"))
                .isEqualTo(Integer.toString(triggers));
        assertThat(sql.value("select count(*) from pg_proc where pronamespace = '" + tables.app() + "'::regnamespace"))
                .isEqualTo(Integer.toString(functions));
    }

    @Test
    void triggersOfHeirsGoWithAWatchWhoseOwnWereDropped() throws SQLException {
        sql.run("create table old_orders () inherits (orders)");
        sql.run("select rt.watch('orders', each_row => true)");
        for (String trigger : sql.column("select tgname from pg_trigger where tgrelid = 'orders'::regclass")) {
            sql.run("drop trigger " + trigger + " on orders");
        }
        assertThat(tables.problems()).singleElement().asString().contains("its triggers are gone");

        sql.run("select rt.watch('orders', org_id => 'acme', each_row => true)");
        assertThat(tables.pings("insert into old_orders values (1)")).hasSize(1);
        sql.run("select rt.unwatch('orders')");
        assertThat(sql.column("select tgname from pg_trigger where tgrelid = 'old_orders'::regclass"))
                .isEmpty();
    }

    @Test
    void aTriggerOfALikeNameIsNotOurs() throws SQLException {
        String theirs = tables.store().schema() + "_heirloom";
        sql.run("create table old_orders () inherits (orders);"
                + " create function theirs() returns trigger language plpgsql as 'begin return null; end';"
                + " create trigger " + theirs + " after insert on old_orders for each row execute function theirs()");

        sql.run("select rt.watch('orders', each_row => true)");
        sql.run("select rt.unwatch('orders')");

        assertThat(sql.column("select tgname from pg_trigger where tgrelid = 'old_orders'::regclass"))
                .containsExactly(theirs);
    }

    @Test
    void aHeirOfSomebodyElsesIsNamed() throws SQLException {
        String role = "other_" + tables.app();
        sql.run("create table old_orders () inherits (orders); create role " + role);
        try {
            sql.run("grant trigger on old_orders to " + role); // who makes one could not drop it
            sql.run("select rt.grant_publisher('" + role + "'); grant usage, create on schema " + tables.app() + " to "
                    + role + "; alter table orders owner to " + role + "; set role " + role);
            ServerErrorMessage refused = sql.refusal("select rt.watch('orders', each_row => true)");
            assertThat(refused.getSQLState()).isEqualTo("42501");
            assertThat(refused.getMessage()).contains("old_orders", role);
            assertThat(refused.getHint()).contains("NO INHERIT");

            sql.run(
                    "reset role; alter table old_orders owner to " + role + "; set role " + role
                            + "; select rt.watch('orders', each_row => true), rt.watch('orders', each_row => true); reset role");
            assertThat(tables.pings("insert into old_orders values (1)")).hasSize(1);
        } finally {
            sql.run("reset role; drop owned by " + role + " cascade; drop role " + role);
        }
    }

    /** A server, which is this one, whose table far.orders has two rows: 100 and 101, both of the organisation far. */
    private void haveServer() throws SQLException {
        String user = URI.create(TestPostgres.shared().url()).getUserInfo();
        String far = tables.app() + "_far";
        sql.run("create schema " + far + "; create table " + far
                + ".orders (id integer primary key, tenant text, n integer);"
                + " insert into " + far + ".orders values (100, 'far', 1), (101, 'far', 1);"
                + " create extension postgres_fdw with schema " + tables.app());
        sql.run(
                "do $$ begin execute format('create server loop foreign data wrapper postgres_fdw"
                        + " options (host ''127.0.0.1'', port %L, dbname %L)', current_setting('port'), current_database()); end $$");
        sql.run("create user mapping for current_user server loop options (user '"
                + user.substring(0, user.indexOf(':')) + "', password '" + user.substring(user.indexOf(':') + 1)
                + "')");
    }

    private void haveForeignHeir() throws SQLException {
        sql.run("create foreign table far_orders () inherits (orders) server loop options (schema_name '" + tables.app()
                + "_far', table_name 'orders')");
    }
}
