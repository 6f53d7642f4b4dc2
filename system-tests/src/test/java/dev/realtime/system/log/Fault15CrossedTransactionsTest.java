package dev.realtime.system.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.Instances;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT)
class Fault15CrossedTransactionsTest {
    private static final int ROUNDS = Soak.times(20, 2_000);

    /**
     * Two sessions publish for A, B and for B, A, with a deferred foreign key and a deferred trigger of the
     * application's own, both of which work at commit; sealers and publishers are busy meanwhile. Each session uses
     * rows of its own: what fails is ours.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET LOCAL lock_timeout = '200ms'",
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                "SET LOCAL session_replication_role = replica"
            })
    @Fault(15)
    void neitherDeadlocksNorFailsNorLeavesAnythingUnsealed(String setting) throws Exception {
        try (Instances instances = Instances.fresh()) {
            PubSub a = instances.live();
            instances.reader(a);
            instances.reader(instances.live());
            Writer owner = instances
                    .writer()
                    .run("CREATE TABLE customers (id integer PRIMARY KEY)")
                    .run("CREATE TABLE orders (id integer PRIMARY KEY, customer integer REFERENCES customers"
                            + " DEFERRABLE INITIALLY DEFERRED)")
                    .run("CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS"
                            + " 'BEGIN PERFORM rt.publish(''elsewhere'', ''order.noted''); RETURN NULL; END'")
                    .run("CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED"
                            + " FOR EACH ROW EXECUTE FUNCTION noted()");
            if (setting.contains("session_replication_role")) {
                instances.database().makeOwnerSuperuser();
            }
            List<Writer> sessions = List.of(instances.writer(), instances.writer());
            CyclicBarrier together = new CyclicBarrier(2);
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (Writer session : sessions) {
                int parity = sessions.indexOf(session);
                running.add(
                        CompletableFuture.runAsync(() -> rounds(session, setting, parity, together), Beside.THREADS));
            }
            while (running.stream().anyMatch(each -> !each.isDone())) {
                instances.publish(a, 10);
            }
            for (CompletableFuture<Void> each : running) {
                each.get(30, TimeUnit.SECONDS);
            }

            instances.judge();
            Patience.until(
                    "nothing is left unsealed",
                    () -> owner.ask("SELECT rt.is_staged()").equals("f"));
            assertThat(owner.ask("SELECT count(*) FROM orders")).isEqualTo(Integer.toString(2 * ROUNDS));
            int noted = setting.contains("session_replication_role") ? 0 : 2 * ROUNDS;
            assertThat(owner.ask("SELECT count(*) FROM rt.log WHERE org_id = 'elsewhere'"))
                    .isEqualTo(Integer.toString(noted));
        }
    }

    private static void rounds(Writer session, String setting, int parity, CyclicBarrier together) {
        try {
            for (int round = 0; round < ROUNDS; round++) {
                int row = 2 * round + parity;
                together.await(30, TimeUnit.SECONDS);
                session.begin().run(setting);
                session.run("INSERT INTO orders VALUES (" + row + ", " + row + ")");
                session.publishTo(parity == 0 ? "a" : "b");
                session.publish();
                together.await(30, TimeUnit.SECONDS);
                session.publishTo(parity == 0 ? "b" : "a");
                session.publish();
                session.run("INSERT INTO customers VALUES (" + row + ")");
                session.commit();
            }
        } catch (Exception e) {
            together.reset();
            throw new AssertionError("a business transaction failed", e);
        }
    }
}
