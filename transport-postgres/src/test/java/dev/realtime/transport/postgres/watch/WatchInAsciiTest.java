package dev.realtime.transport.postgres.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.util.ServerErrorMessage;

/** Watching in a database of its own, which takes any bytes for text: keys that are no UTF-8, and an event trigger. */
@ExtendWith(LeakCheck.class)
class WatchInAsciiTest {
    private final String database = Store.server().freshSchema();
    private final Store store = new Store(Store.server().url(database), "rt");
    private WatchedTables tables;
    private Session sql;

    @BeforeEach
    void create() throws SQLException {
        elsewhere(
                "create database " + database + " template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'");
        tables = new WatchedTables(store);
        sql = tables.sql();
        sql.run("create table orders (id text primary key, tenant text default 'acme')");
    }

    @AfterEach
    void drop() throws SQLException {
        tables.close();
        elsewhere("drop database " + database + " with (force)");
    }

    @Test
    void aKeyThatIsNoUtf8IsCountedAndTheStatementGoesOn() throws Exception {
        sql.value("select rt.watch('orders', org_column => 'tenant')");
        Node node = store.node();

        assertThat(tables.pings(
                        "insert into orders values (chr(255)), ('a')",
                        "update orders set tenant = chr(254) where id = 'a'",
                        "insert into orders values (chr(195) || chr(164))"))
                .containsExactly(
                        "acme orders.created {\"action\":\"create\",\"count\":2}",
                        "acme orders.deleted {\"action\":\"delete\",\"id\":\"a\"}",
                        "acme orders.created {\"action\":\"create\",\"id\":\"\u00e4\"}");
        Store.await().until(() -> node.sink().entries().size() == 3);
    }

    @Test
    void whereASuperuserSaysSoNoForeignTableComesToInheritFromAWatchedOne() throws SQLException {
        sql.run(
                "create foreign data wrapper far; create server far foreign data wrapper far;"
                        + " create foreign table far_orders (id text not null, tenant text) server far;"
                        + " create table middle (id text not null, tenant text); create table plain (id text not null, tenant text)");
        sql.value("select rt.watch('orders', each_row => false)");
        sql.run(
                "create event trigger guard on ddl_command_end when tag in ('CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE',"
                        + " 'ALTER TABLE') execute function rt.refuse_foreign_children()");

        sql.run("alter table middle inherit orders");
        for (String inherits : List.of(
                "alter foreign table far_orders inherit orders",
                "alter table far_orders inherit middle",
                "create foreign table others () inherits (orders) server far")) {
            ServerErrorMessage refused = sql.refusal(inherits);
            assertThat(refused.getSQLState()).as(inherits).isEqualTo("42809");
            assertThat(refused.getMessage()).contains("orders", "watched");
            assertThat(refused.getHint()).contains("each_row => true");
        }
        sql.run("alter table middle no inherit orders; alter foreign table far_orders inherit middle");
        assertThat(sql.refusal("alter table middle inherit orders").getMessage())
                .contains("middle");
        sql.run("alter foreign table far_orders no inherit middle; alter foreign table far_orders inherit plain");
        assertThat(tables.pings("insert into orders values ('a')", "update orders set tenant = 'b'"))
                .hasSize(2);
        sql.run("select rt.watch('orders', each_row => true); alter table far_orders no inherit plain;"
                + " alter foreign table far_orders inherit orders");
        sql.run("drop foreign data wrapper far cascade");
    }

    private void elsewhere(String statement) throws SQLException {
        try (Store server = new Store();
                Session session = server.session()) {
            session.run(statement);
        }
    }
}
