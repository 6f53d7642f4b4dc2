package dev.realtime.system.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.SmallDisk;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault10DiskFullTest {
    private static final String DISK_FULL = "53100";
    private static final int LARGE = 900_000;

    @Test
    @Fault(10)
    void aFullDiskIsToldToPublishersAndHealsUnaided() throws SQLException {
        try (SmallDisk disk = SmallDisk.of(40);
                OwnPostgres server = OwnPostgres.started();
                GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url)) {
            database.moveTo(disk.tablespace());
            try (GatewayPair pair = GatewayPair.on(database);
                    Writer sql = pair.writer()) {
                pair.publish(20);
                disk.fill();

                SQLException full = catchThrowableOfType(SQLException.class, () -> {
                    while (true) {
                        sql.publish(LARGE);
                    }
                });
                assertThat(full.getSQLState()).isEqualTo(DISK_FULL);
                String id = UUID.randomUUID().toString();
                Ledger.Transaction queued = pair.ledger().begin().publishes(id);
                Answer answer = pair.b().client().post(event(id));
                assertThat(answer.status()).isEqualTo(202);
                assertThat(answer.json().path(0).path("state").asText()).isEqualTo("queued");

                disk.free();
                queued.committed();
                pair.requireUnharmed();
            }
        }
    }

    /** Too large for the room that is left in any page, and not to be compressed into it. */
    private static String event(String id) {
        return "{\"event\":\"large\",\"id\":\"" + id + "\",\"payload\":\"" + Writer.incompressible(LARGE) + "\"}";
    }
}
