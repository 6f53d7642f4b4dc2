package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.Subscriber;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Five processes on one Postgres are replaced one after the other, each by SIGTERM. {@code mvn -Psoak} for ten rounds. */
class Fault19RollingRestartTest {
    private static final int INSTANCES = 5;
    private static final int STREAMS = 15;
    private static final int ENDED_BY_SIGTERM = 143;

    private final Ledger ledger = new Ledger("default");
    private final List<URI> addresses = new ArrayList<>();
    private final List<Wanderer> wanderers = new ArrayList<>();
    private GatewayDatabase database;
    private List<GatewayProcess> instances;

    @BeforeEach
    void start() throws SQLException {
        database = GatewayDatabase.fresh();
        IntStream.range(0, INSTANCES)
                .forEach(i -> addresses.add(URI.create("http://127.0.0.1:" + LoopbackPort.free())));
        instances = new ArrayList<>(
                IntStream.range(0, INSTANCES).mapToObj(this::starting).toList());
        instances.forEach(GatewayProcess::awaitReady);
        IntStream.range(0, STREAMS).forEach(i -> wanderers.add(Wanderer.startingAt(addresses, i % INSTANCES)));
    }

    @AfterEach
    void stop() throws SQLException {
        wanderers.forEach(Wanderer::close);
        instances.forEach(GatewayProcess::close);
        database.close();
    }

    @Test
    @Fault(19)
    void whoIsSentAwayComesBackElsewhereByItsCursorAndMissesNothing() throws SQLException {
        int[] turn = {0};
        Load load = new Load(() -> new GatewayClient(addresses.get(turn[0]++ % INSTANCES), Map.of()), ledger);
        CompletableFuture<Void> rolled = CompletableFuture.runAsync(this::roll, Beside.THREADS);
        while (!rolled.isDone()) {
            load.publish(1);
        }
        rolled.join();
        load.publish(1);

        String last = ledger.ids().get(ledger.size() - 1);
        wanderers.forEach(each -> each.reader().awaitEvent(last));
        List<Long> retries =
                wanderers.stream().flatMap(each -> each.retries().stream()).toList();
        System.out.printf(
                "%,d events, %d streams, sent away %d times, back after %d to %d ms%n",
                ledger.size(),
                STREAMS,
                retries.size(),
                retries.stream().mapToLong(each -> each).min().orElse(-1),
                retries.stream().mapToLong(each -> each).max().orElse(-1));
        ledger.requireWhole(wanderers.stream().map(Wanderer::reader).toArray(Subscriber[]::new));
        assertThat(wanderers).allSatisfy(each -> {
            assertThat(each.faults()).isEmpty();
            assertThat(each.reader().gaps()).isEmpty();
            assertThat(each.retries()).isNotEmpty();
        });
        assertThat(database.logged()).as("nothing was published twice").isEqualTo(ledger.size());
        assertThat(retries).allMatch(retry -> retry >= 250 && retry <= 4_000);
        assertThat(retries.stream().map(retry -> retry / 500).distinct().count())
                .as("reconnects are spread, in steps of 500 ms")
                .isGreaterThan(3);
    }

    private void roll() {
        for (int round = 0; round < Soak.times(1, 10); round++) {
            for (int slot = 0; slot < INSTANCES; slot++) {
                GatewayProcess leaving = instances.get(slot);
                leaving.terminate();
                assertThat(leaving.awaitExit()).isEqualTo(ENDED_BY_SIGTERM);
                leaving.close();
                instances.set(slot, starting(slot).awaitReady());
            }
        }
    }

    private GatewayProcess starting(int slot) {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.put("PORT", Integer.toString(addresses.get(slot).getPort()));
        return GatewayProcess.starting(settings);
    }
}
