package dev.realtime.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.GatewayClient.Acknowledged;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two processes on one Postgres: what is published through B reaches the streams on A, whole. */
class TwoGatewaysTest {
    private static final String STREAM = "/realtime/stream";
    /** How far a publisher runs ahead of the streams: a mailbox holds more. */
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
    void tenThousandEventsReachBothOnceAndInOneOrder() throws SQLException {
        Load load = new Load(b::client, ledger);
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader onB = SseReader.openH2c(b.address(), STREAM)) {
            for (int round = 0; round < 10; round++) {
                load.publish(700);
                for (int i = 0; i < 10; i++) {
                    load.publish(20);
                }
                for (int i = 0; i < 100; i++) {
                    load.publish(1);
                }
                int enough = ledger.size() - AHEAD;
                onA.awaitEvents(enough);
                onB.awaitEvents(enough);
            }
            onA.awaitEvents(10_000);
            onB.awaitEvents(10_000);

            assertThat(ledger.size()).isEqualTo(10_000);
            ledger.requireWhole(onA);
            ledger.requireWhole(onB);
            assertThat(onA.named("realtime.gap")).isEmpty();
            assertThat(onB.named("realtime.gap")).isEmpty();
            assertThat(database.logged()).as("nothing was published again").isEqualTo(10_000);
        }
    }

    @Test
    void whatSqlPublishesReachesBoth() throws SQLException {
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader onB = SseReader.open(b.address(), STREAM)) {
            String id = database.ask("SELECT rt.publish('default', 'orders.updated', '{\"id\":42}')");

            Frame atA = onA.awaitEvent(id);
            Frame atB = onB.awaitEvent(id);
            assertThat(atA.id()).isNotNull().isEqualTo(atB.id());
            assertThat(atA.data()).isEqualTo(atB.data());
            assertThat(atA.json().path("payload").path("id").asInt()).isEqualTo(42);
            assertThat(database.logged()).isEqualTo(1);
        }
    }

    /** 7,999 bytes is what a NOTIFY can carry; the last is the limit, and all of it four-byte characters. */
    @Test
    void payloadsOfAnySizeArriveByteForByte() {
        try (SseReader onA = SseReader.open(a.address(), STREAM)) {
            for (int bytes : new int[] {7_999, 8_000, 8_001, 1_048_576}) {
                String payload = textOf(bytes);
                Acknowledged event = b.client()
                        .publish("{\"event\":\"large\",\"payload\":" + payload + "}")
                        .get(0);
                ledger.committed(List.of(event));

                assertThat(onA.awaitEvent(event.id()).data().endsWith(",\"payload\":" + payload + "}"))
                        .as("%d bytes as they were sent", bytes)
                        .isTrue();
            }
            ledger.requireWhole(onA);
        }
    }

    @Test
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

    /** A JSON text of so many bytes. */
    private static String textOf(int bytes) {
        String text = "\"" + "\uD83D\uDE00".repeat((bytes - 2) / 4) + "x".repeat((bytes - 2) % 4) + "\"";
        assertThat(text.getBytes(UTF_8)).hasSize(bytes);
        return text;
    }
}
