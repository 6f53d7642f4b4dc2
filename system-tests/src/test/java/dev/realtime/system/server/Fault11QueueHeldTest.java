package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The server's notification queue is shared by all databases, and held by its slowest listener. */
@Execution(ExecutionMode.CONCURRENT)
class Fault11QueueHeldTest {
    private static final String FULL = "54000";
    /** Half a megabyte, where it is 8 GB otherwise. */
    private static final Map<String, String> SMALL_QUEUE = Map.of("max_notify_queue_pages", "64");

    @BeforeEach
    void theQueueCanBeMadeSmall() throws SQLException {
        try (Connection connection = TestPostgres.shared().connect()) {
            assumeTrue(
                    connection.getMetaData().getDatabaseMajorVersion() >= 17,
                    "before PostgreSQL 17 the notification queue has 8 GB: it is not filled here");
        }
    }

    @Test
    @Fault(11)
    void eventsFlowWhileTheQueueFillsAndNoneIsLostWhenItIsFull() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started(SMALL_QUEUE);
                GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
                GatewayPair pair = GatewayPair.on(database);
                Writer holder = pair.writer();
                Writer other = pair.writer()) {
            holder.run("LISTEN anything").begin().run("SELECT 1");
            while (usage(other) < 0.5) {
                other.run("SELECT pg_notify('other', repeat('x', 7900))");
            }
            pair.requireHeard(Duration.ofSeconds(1));

            SQLException full = catchThrowableOfType(SQLException.class, () -> {
                while (true) {
                    other.run("SELECT pg_notify('other', repeat('x', 7900))");
                }
            });
            assertThat(full.getSQLState()).isEqualTo(FULL);
            String id = UUID.randomUUID().toString();
            Ledger.Transaction queued = pair.ledger().begin().publishes(id);
            Answer answer = pair.b().client().post("{\"event\":\"made\",\"id\":\"" + id + "\"}");
            assertThat(answer.status()).isIn(201, 202);

            holder.rollBack();
            // Looking is also what gives the room back: no NOTIFY does once the queue is full.
            Patience.until("the queue is free", () -> usage(other) < 0.1);
            queued.committed();
            pair.requireUnharmed();
        }
    }

    private static double usage(Writer sql) throws SQLException {
        return Double.parseDouble(sql.ask("SELECT pg_notification_queue_usage()"));
    }
}
