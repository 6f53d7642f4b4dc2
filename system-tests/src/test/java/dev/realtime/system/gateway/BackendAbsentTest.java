package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient.Acknowledged;
import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.RedisPrefix;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.testkit.servers.OwnPostgres;
import dev.realtime.transport.testkit.servers.OwnRedis;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A gateway whose backend is not there when it starts: it says so, works alone, and heals. */
class BackendAbsentTest {
    private static final String STREAM = "/realtime/stream";

    private interface Log {
        long events() throws SQLException;
    }

    @Test
    void redis() throws SQLException {
        try (OwnRedis server = OwnRedis.started()) {
            RedisPrefix redis = new RedisPrefix(server.url(), "absent");
            server.stop();

            startsAloneAndHeals(
                    redis.settings(), "127.0.0.1:" + server.port(), server::start, () -> redis.logged("default"));
        }
    }

    @Test
    @Fault(5)
    void postgres() throws SQLException {
        try (OwnPostgres server = OwnPostgres.started()) {
            GatewayDatabase database = GatewayDatabase.fresh(server::connect, server::url);
            server.stop(OwnPostgres.Stop.FAST);

            startsAloneAndHeals(database.settings(), "127.0.0.1:" + server.port(), server::start, database::logged);
        }
    }

    private static void startsAloneAndHeals(Map<String, String> settings, String place, Runnable appears, Log log)
            throws SQLException {
        try (GatewayProcess a = GatewayProcess.starting(settings);
                GatewayProcess b = GatewayProcess.starting(settings)) {
            a.awaitListening();
            b.awaitListening();
            requireNotReady(a, place);
            requireOneLine(a, place);
            try (SseReader onA = blind(a);
                    SseReader onB = blind(b)) {
                Answer queued = a.client().post("{\"event\":\"made.alone\"}");
                assertThat(queued.status()).isEqualTo(202);
                String id = queued.json().path(0).path("id").asText();
                assertThat(queued.body()).isEqualTo("[{\"id\":\"" + id + "\",\"state\":\"queued\"}]");
                Frame provisional = onA.awaitEvent(id);
                assertThat(provisional.isProvisional()).isTrue();
                assertThat(provisional.id()).isNull();

                appears.run();
                a.awaitReady();
                b.awaitReady();
                String after =
                        b.client().publish("{\"event\":\"made.after\"}").get(0).cursor();
                onA.awaitEvents(2);
                Ledger ledger = new Ledger("default");
                try (SseReader all = SseReader.resume(b.address(), STREAM, beginning(after))) {
                    all.awaitEvents(2);
                    all.envelopes().forEach(event -> ledger.committed(List.of(acknowledged(event))));
                    assertThat(ledger.ids()).hasSize(2).startsWith(id);
                }
                ledger.requireWhole(onA);
                // It had no position yet: what came before it had one is a gap, if it is not delivered.
                onB.awaitEvent(ledger.ids().get(1));
                ledger.requireWhole(onB);
                assertThat(onB.named("realtime.gap")).hasSize(1);
                assertThat(log.events()).isEqualTo(2);
                Patience.until("all is well", () -> state(a).equals("LIVE"));
                // A slow start may be seen as well: that is another cause, and said once too.
                assertThat(a.log()
                                .lines(line -> line.contains("single-instance mode")
                                        && !line.contains("starting or stopping")))
                        .hasSize(1);
                assertThat(a.everything()).doesNotContain("\tat ").doesNotContain("Exception");
            }
        }
    }

    /** The cursor before the first event of this cursor's log. */
    private static String beginning(String cursor) {
        return cursor.substring(0, cursor.indexOf('-')) + "-0-0";
    }

    private static Acknowledged acknowledged(Frame event) {
        return new Acknowledged(event.json().path("id").asText(), event.id());
    }

    /** A stream that opens while its log cannot be asked: it has no position yet. */
    private static SseReader blind(GatewayProcess gateway) {
        return SseReader.opening(gateway.address(), STREAM, Map.of());
    }

    private static String state(GatewayProcess gateway) {
        return gateway.client().get("/readyz").json().path("state").asText();
    }

    private static void requireNotReady(GatewayProcess gateway, String place) {
        Answer answer = gateway.client().get("/readyz");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().path("ready").asBoolean(true)).isFalse();
        assertThat(state(gateway)).isEqualTo("DOWN");
        assertThat(answer.json().path("cause").asText()).contains(place);
        assertThat(gateway.client().get("/healthz").status()).isEqualTo(200);
    }

    /** One line that says what and why, however often it has tried, and no stack trace. */
    private static void requireOneLine(GatewayProcess gateway, String place) {
        List<String> said = gateway.log().lines(line -> line.contains("single-instance mode"));
        assertThat(said).singleElement().asString().contains(place).contains("refused");
        assertThat(gateway.everything()).doesNotContain("\tat ").doesNotContain("Exception");
        assertThat(gateway.log().lines(line -> line.contains(" WARN ") || line.contains(" ERROR ")))
                .isEqualTo(said);
    }
}
