package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One of two processes leaves, in good order or not: its streams go on at the other one. */
class LeavingGatewayTest {
    private static final String STREAM = "/realtime/stream";
    private static final int AHEAD = 2_000;

    private final Ledger ledger = new Ledger("default");
    private GatewayDatabase database;
    private GatewayProcess a;
    private GatewayProcess b;

    @BeforeEach
    void start() throws SQLException {
        database = GatewayDatabase.fresh();
        a = GatewayProcess.starting(database.settings());
        b = GatewayProcess.starting(database.settings());
        a.awaitReady();
        b.awaitReady();
    }

    @AfterEach
    void stop() throws SQLException {
        a.close();
        b.close();
        database.close();
    }

    @Test
    @Fault(18)
    void whoIsKilledUnderLoadLosesNobody() throws SQLException {
        Load load = new Load(() -> (b.isAlive() ? b : a).client(), ledger);
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader moves = SseReader.open(b.address(), STREAM)) {
            Thread killer = new Thread(() -> {
                moves.awaitEvents(500);
                b.kill();
            });
            killer.start();
            while (b.isAlive() || ledger.size() < 2_000) {
                load.publish(10);
                onA.awaitEvents(ledger.size() - AHEAD);
            }

            assertThat(moves.awaitEnd()).isEqualTo(SseReader.End.CUT);
            String cursor = moves.cursor();
            moves.connect(a.address());
            moves.awaitLive();
            load.publish(1);
            onA.awaitEvents(ledger.size());
            moves.awaitEvents(ledger.size());

            assertThat(moves.named("realtime.open"))
                    .extracting(Frame::id)
                    .last()
                    .isEqualTo(cursor);
            ledger.requireWhole(onA);
            ledger.requireWhole(moves);
            assertThat(moves.named("realtime.gap")).isEmpty();
            assertThat(database.logged()).isEqualTo(ledger.size());
        }
    }

    @Test
    void whoIsAskedToStopTellsItsStreamsFirst() throws SQLException {
        Load load = new Load(() -> a.client(), ledger);
        try (SseReader moves = SseReader.open(b.address(), STREAM)) {
            load.publish(100);
            moves.awaitEvents(100);

            b.terminate();
            assertThat(moves.awaitEnd()).isEqualTo(SseReader.End.CLEAN);
            Frame last = moves.frames().get(moves.frames().size() - 1);
            assertThat(last.event()).isEqualTo("realtime.close");
            assertThat(last.data()).isEqualTo("{\"reason\":\"draining\",\"reconnect\":true}");
            assertThat(last.retry()).isBetween(250L, 4_000L);
            assertThat(b.awaitExit()).isEqualTo(143);

            load.publish(100);
            moves.connect(a.address());
            moves.awaitLive();
            load.publish(1);
            moves.awaitEvents(201);

            ledger.requireWhole(moves);
            assertThat(moves.named("realtime.gap")).isEmpty();
            assertThat(moves.named("realtime.open")).extracting(Frame::retry).containsExactly(2_000L, 2_000L);
            assertThat(database.logged()).isEqualTo(201);
        }
    }

    @Test
    @Fault(17)
    void whoIsFrozenUnderLoadHoldsNobodyUp() throws SQLException, InterruptedException {
        Load onB = new Load(b::client, ledger);
        Load load = new Load(a::client, ledger);
        try (SseReader atA = SseReader.open(a.address(), STREAM);
                SseReader atB = SseReader.open(b.address(), STREAM)) {
            Thread publisher = new Thread(() -> {
                while (ledger.size() < 1_000) {
                    onB.publish(5);
                }
            });
            publisher.start();
            atA.awaitEvents(200);
            b.freeze();
            for (int i = 0; i < 20; i++) {
                load.publish(10);
                atA.awaitEvent(database.ask("SELECT rt.publish('default', 'from.sql')"));
            }
            b.thaw();
            publisher.join();
            load.publish(1);
            String last = ledger.ids().get(ledger.size() - 1);
            atA.awaitEvent(last);
            atB.awaitEvent(last);

            atA.envelopes().stream()
                    .filter(event -> event.json().path("event").asText().equals("from.sql"))
                    .forEach(event -> ledger.committed(
                            List.of(new Acknowledged(event.json().path("id").asText(), event.id()))));
            assertThat(ledger.size()).isEqualTo(database.logged());
            ledger.requireWhole(atA);
            ledger.requireWhole(atB);
        }
    }
}
