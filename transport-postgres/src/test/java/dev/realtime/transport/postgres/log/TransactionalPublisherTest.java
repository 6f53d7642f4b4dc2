package dev.realtime.transport.postgres.log;

import static dev.realtime.transport.postgres.equipment.Store.ORG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Event;
import dev.realtime.transport.postgres.TransactionalPublisher;
import dev.realtime.transport.postgres.equipment.Session;
import dev.realtime.transport.postgres.equipment.Store;
import dev.realtime.transport.postgres.equipment.Store.Node;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Publishing from Java on a connection of the caller's. */
@ExtendWith(LeakCheck.class)
class TransactionalPublisherTest {
    private final Store store = new Store();
    private final TransactionalPublisher events = new TransactionalPublisher(store.schema());
    private Node node;
    private Session sql;
    private Connection connection;

    @BeforeEach
    void start() throws SQLException {
        node = store.node();
        sql = store.session();
        connection = sql.connection();
    }

    @AfterEach
    void stop() throws SQLException {
        sql.close();
        store.close();
    }

    @Test
    void theExampleOfTheDocsIsHeardWithItsChange() throws SQLException {
        sql.run(
                "create table rt.orders (id integer primary key, status text); insert into rt.orders values (42, 'new')");
        sql.run("set search_path = \"" + store.schema() + "\"");

        pay(connection, events, 42);

        Store.await().until(() -> node.sink().ids().size() == 1);
        assertThat(node.sink().entries().get(0).envelope().payload().toString())
                .isEqualTo("{\"action\":\"update\",\"id\":\"42\"}");
        assertThat(sql.value("select status from rt.orders")).isEqualTo("paid");
    }

    /** As it stands in docs/SQL.md. */
    private static void pay(Connection connection, TransactionalPublisher events, int id) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement update = connection.prepareStatement("update orders set status = 'paid' where id = ?")) {
            update.setInt(1, id);
            update.executeUpdate();
        }
        events.publish(connection, Event.resourcePing("acme", "orders", Event.Action.UPDATE, Integer.toString(id)));
        connection.commit();
    }

    @Test
    void everyFieldArrives() throws SQLException {
        Event event = Event.of(ORG, "orders.updated")
                .withTopic("resource:orders")
                .withPayload("{\"ü\":\"€ 😀 '\\\\ ?\"}")
                .withAudience(Set.of("zoe", "a'n,{n}?", "u:1"))
                .withId("mine");

        assertThat(events.publish(connection, event)).isEqualTo("mine");

        node.awaitIds(List.of("mine"));
        Envelope heard = node.sink().entries().get(0).envelope();
        assertThat(heard.type()).isEqualTo("orders.updated");
        assertThat(heard.topic()).isEqualTo("resource:orders");
        assertThat(heard.payload()).isEqualTo(event.payload());
        assertThat(heard.audience()).isEqualTo(event.audience());
    }

    @Test
    void itGoesWithItsTransactionAndLeavesTheConnectionAsItWas() throws SQLException {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        events.publish(connection, Event.of(ORG, "e").withId("undone"));
        connection.rollback();
        String made = events.publish(connection, Event.of(ORG, "e"));
        assertThat(connection.getAutoCommit()).isFalse();
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
        assertThat(store.logged()).isEmpty();

        connection.commit();

        node.awaitIds(List.of(made));
        assertThat(made).hasSize(36);
    }

    @Test
    void anErrorLeavesTheTransactionUsableThroughASavepoint() throws SQLException {
        connection.setAutoCommit(false);
        events.publish(connection, Event.of(ORG, "e").withId("before"));
        Savepoint savepoint = connection.setSavepoint();
        Event large = Event.of(ORG, "e").withPayload('"' + "x".repeat(1 << 20) + '"');

        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> events.publish(connection, large))
                .satisfies(refused -> assertThat(refused.getSQLState()).isEqualTo("54000"))
                .withMessageContaining("1048578")
                .withMessageContaining("1048576");

        connection.rollback(savepoint);
        events.publish(connection, Event.of(ORG, "e").withId("after"));
        connection.commit();
        node.awaitIds(List.of("before", "after"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Rt", "r\"t", "rt; drop schema rt", "1rt", "a234567890123456789012345678901234567890x"})
    void aSchemaThatCannotBeOursIsRefused(String schema) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new TransactionalPublisher(schema))
                .withMessageContaining("schema")
                .withMessageContaining("1 to 40");
    }
}
