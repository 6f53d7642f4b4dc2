package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.RedisPrefix;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.OwnRedis;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The backend crashes under load and comes back. Streams stay open, and hear of everything. */
class BackendLeavesTest {
    private static final String STREAM = "/realtime/stream";

    private final Ledger ledger = new Ledger("default");

    @Test
    @Fault(4)
    void aPostgresThatCrashesUnderLoadLosesNothing() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started()) {
            GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
            try (GatewayProcess a = GatewayProcess.starting(database.settings());
                    GatewayProcess b = GatewayProcess.starting(database.settings())) {
                a.awaitReady();
                b.awaitReady();
                Load load = new Load(b::client, ledger);
                try (SseReader onA = SseReader.open(a.address(), STREAM);
                        SseReader onB = SseReader.open(b.address(), STREAM)) {
                    Thread operator = new Thread(() -> {
                        onA.awaitEvents(200);
                        server.kill();
                        Patience.until(
                                "A has noticed", () -> a.client().get("/readyz").status() == 503);
                        Patience.until(
                                "B has noticed", () -> b.client().get("/readyz").status() == 503);
                        server.start();
                    });
                    operator.start();
                    while (operator.isAlive()) {
                        load.publish(5);
                        int enough = ledger.size() - 500;
                        onA.awaitEvents(enough);
                    }
                    a.awaitReady();
                    b.awaitReady();
                    load.publish(5);
                    String last = ledger.ids().get(ledger.size() - 1);
                    onA.awaitEvent(last);
                    onB.awaitEvent(last);

                    ledger.requireWhole(onA);
                    ledger.requireWhole(onB);
                    assertThat(onA.named("realtime.gap")).isEmpty();
                    assertThat(onB.named("realtime.gap")).isEmpty();
                    assertThat(onA.named("realtime.open"))
                            .as("never reconnected")
                            .hasSize(1);
                    assertThat(database.logged()).isEqualTo(ledger.size());
                    assertThat(a.everything()).doesNotContain("\tat ");
                    assertThat(b.everything()).doesNotContain("\tat ");
                }
            }
        }
    }

    @Test
    @Fault(26)
    void aRedisThatComesBackEmptyIsToldAsAGap() {
        try (OwnRedis server = OwnRedis.started()) {
            RedisPrefix redis = new RedisPrefix(server.url(), "leaves");
            try (GatewayProcess a = GatewayProcess.starting(redis.settings());
                    GatewayProcess b = GatewayProcess.starting(redis.settings())) {
                a.awaitReady();
                b.awaitReady();
                try (SseReader onA = SseReader.open(a.address(), STREAM);
                        SseReader onB = SseReader.open(b.address(), STREAM)) {
                    String before =
                            b.client().publish("{\"event\":\"before\"}").get(0).id();
                    onA.awaitEvent(before);
                    onB.awaitEvent(before);
                    server.kill();
                    Patience.until(
                            "A has noticed", () -> a.client().get("/readyz").status() == 503);
                    Patience.until(
                            "B has noticed", () -> b.client().get("/readyz").status() == 503);
                    server.start();
                    a.awaitReady();
                    b.awaitReady();
                    String after =
                            b.client().publish("{\"event\":\"after\"}").get(0).id();

                    for (SseReader reader : List.of(onA, onB)) {
                        Frame gap = reader.await("a gap", frame -> frame.is("realtime.gap"));
                        assertThat(gap.json().path("reason").asText()).isEqualTo("epoch_changed");
                        reader.awaitEvent(after);
                        assertThat(reader.envelopes()).hasSize(2);
                        assertThat(reader.frames().indexOf(gap))
                                .isGreaterThan(reader.frames().indexOf(reader.awaitEvent(before)))
                                .isLessThan(reader.frames().indexOf(reader.awaitEvent(after)));
                    }
                }
            }
        }
    }
}
