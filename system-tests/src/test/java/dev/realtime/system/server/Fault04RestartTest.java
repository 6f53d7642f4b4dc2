package dev.realtime.system.server;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Load;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class Fault04RestartTest {
    /** What is published meanwhile fails, to be tried again, or is queued: {@link Load} tries again. */
    @Test
    @Fault(4)
    void restartsFastAndImmediateAndABackendKilledLoseNothing() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started();
                GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
                GatewayPair pair = GatewayPair.on(database)) {
            for (int round = 0; round < Soak.times(1, 20); round++) {
                for (OwnPostgres.Stop how : OwnPostgres.Stop.values()) {
                    pair.underLoad(() -> {
                        server.restart(how);
                        pair.a().awaitReady();
                        pair.b().awaitReady();
                    });
                }
            }
            String pid = database.ask("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'realtime:%:tail'"
                    + " AND datname = current_database() LIMIT 1");
            pair.underLoad(() -> {
                // All sessions end with it, and the server recovers as after a crash.
                ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
                Patience.until("the server has recovered", () -> answers(server));
                pair.a().awaitReady();
                pair.b().awaitReady();
            });
            pair.requireUnharmed();
        }
    }

    private static boolean answers(OwnPostgres server) {
        try (var connection = server.connect()) {
            return connection.isValid(1);
        } catch (SQLException notYet) {
            return false;
        }
    }
}
