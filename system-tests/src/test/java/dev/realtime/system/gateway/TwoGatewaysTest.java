package dev.realtime.system.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two processes on one Postgres: what is published through B reaches the streams on A, whole. */
class TwoGatewaysTest {
    private static final String STREAM = "/realtime/stream";
    /** How far a publisher runs ahead of the streams: a mailbox holds more. */
    private static final int AHEAD = 2_000;

    private static GatewayDatabase database;
    private static GatewayProcess a;
    private static GatewayProcess b;

    private final Ledger ledger = new Ledger("default");

    @BeforeAll
    static void start() throws SQLException {
        database = GatewayDatabase.fresh();
        a = GatewayProcess.starting(database.settings());
        b = GatewayProcess.starting(database.settings());
        a.awaitReady();
        b.awaitReady();
    }

    @AfterAll
    static void stop() throws SQLException {
        a.close();
        b.close();
        database.close();
    }

    @Test
    void tenThousandEventsReachBothOnceAndInOneOrder() throws SQLException {
        int before = database.logged();
        Load load = new Load(b::client, ledger);
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader onB = SseReader.openAskingForHttp2(b.address(), STREAM)) {
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
            assertThat(database.logged()).as("nothing was published again").isEqualTo(before + 10_000);
        }
    }

    @Test
    void whatSqlPublishesReachesBoth() throws SQLException {
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader onB = SseReader.open(b.address(), STREAM)) {
            int before = database.logged();
            String id = database.ask("SELECT rt.publish('default', 'orders.updated', '{\"id\":42}')");

            Frame atA = onA.awaitEvent(id);
            Frame atB = onB.awaitEvent(id);
            assertThat(atA.id()).isNotNull().isEqualTo(atB.id());
            assertThat(atA.data()).isEqualTo(atB.data());
            assertThat(atA.json().path("payload").path("id").asInt()).isEqualTo(42);
            assertThat(database.logged()).isEqualTo(before + 1);
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

    /** A JSON text of so many bytes. */
    private static String textOf(int bytes) {
        String text = "\"" + "\uD83D\uDE00".repeat((bytes - 2) / 4) + "x".repeat((bytes - 2) % 4) + "\"";
        assertThat(text.getBytes(UTF_8)).hasSize(bytes);
        return text;
    }
}
