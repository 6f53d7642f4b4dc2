package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.SseReader;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is revoked on one instance ends on the other. Each test has an organisation of its own. */
class RevocationsOnTwoGatewaysTest {
    private static final String STREAM = "/realtime/stream";
    private static final Duration PROMISED = Duration.ofSeconds(2);
    private static final Duration OLD = Duration.ofMinutes(1);
    /** Tokens say whole seconds. */
    private static final Duration NEW = Duration.ofSeconds(-2);

    private static final Tokens TOKENS = new Tokens();
    private static final Map<String, String> SETTINGS = new HashMap<>();

    private static GatewayDatabase database;
    private static GatewayProcess a;
    private static GatewayProcess b;

    private final String org = "o" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeAll
    static void start() throws SQLException {
        database = GatewayDatabase.fresh();
        SETTINGS.putAll(database.settings());
        SETTINGS.put("REALTIME_AUTH", "jwt");
        SETTINGS.put("REALTIME_JWT_SECRET", TOKENS.secret());
        SETTINGS.put("REALTIME_REPLAY_WINDOW_SECONDS", "6");
        a = GatewayProcess.starting(SETTINGS);
        b = GatewayProcess.starting(SETTINGS);
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
    void aUsersStreamsEndOnBothInTimeAndOthersGoOn() {
        String ann = TOKENS.of(org, "ann", OLD);
        try (SseReader onA = open(a, ann);
                SseReader onB = open(b, ann);
                SseReader bob = open(b, TOKENS.of(org, "bob", OLD));
                SseReader elsewhere = open(b, TOKENS.of("x" + org, "ann", OLD))) {
            long begun = System.nanoTime();
            revoke(a, "{\"org_id\":\"%s\",\"user_id\":\"ann\"}");
            for (SseReader stream : List.of(onA, onB)) {
                Patience.until("revoked", () -> !stream.named("realtime.close").isEmpty());
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begun);

            assertThat(took).as("from POST to close on both").isLessThan(PROMISED);
            assertThat(onB.named("realtime.close").get(0).data())
                    .isEqualTo("{\"reason\":\"revoked\",\"reconnect\":false}");
            onA.awaitEnd();
            onB.awaitEnd();
            for (GatewayProcess gateway : List.of(a, b)) {
                assertThat(gateway.client(ann).get("/realtime/position").code()).isEqualTo("revoked");
                assertThat(gateway.client(ann).get(STREAM).code()).isEqualTo("revoked");
            }
            String id = a.client(TOKENS.of(org, "ann", NEW))
                    .publish("{\"event\":\"e\"}")
                    .get(0)
                    .id();
            bob.awaitEvent(id);
            id = a.client(TOKENS.of("x" + org))
                    .publish("{\"event\":\"e\"}")
                    .get(0)
                    .id();
            elsewhere.awaitEvent(id);
            assertThat(bob.named("realtime.close")).isEmpty();
            open(b, TOKENS.of(org, "ann", NEW)).close();
        }
    }

    @Test
    void anOrganisationsStreamsEndOnBothInTime() {
        try (SseReader onA = open(a, TOKENS.of(org, "ann", OLD));
                SseReader onB = open(b, TOKENS.of(org, "bob", OLD))) {
            String ticket = a.client(TOKENS.of(org, "carl", OLD)).ticket();
            long begun = System.nanoTime();
            revoke(b, "{\"org_id\":\"%s\"}");
            onA.awaitEnd();
            onB.awaitEnd();
            Duration took = Duration.ofNanos(System.nanoTime() - begun);

            assertThat(took).as("from POST to the end of both").isLessThan(PROMISED);
            assertThat(b.client().get(STREAM + "?ticket=" + ticket).code()).isEqualTo("revoked");
        }
    }

    /** The log holds 6 s; the first event of the revocation is long gone when the last instance starts. */
    @Test
    void aRevocationOutlivesTheWindowAndEveryInstanceThatHeardIt() throws SQLException {
        String ann = TOKENS.of(org, "ann", OLD);
        revoke(a, "{\"org_id\":\"%s\",\"user_id\":\"ann\"}");
        Patience.until("its first event is trimmed", () -> said(":0") == 0 && said("") > 0);
        try (GatewayProcess late = GatewayProcess.ready(SETTINGS)) {
            assertThat(late.client(ann).get("/realtime/position").code()).isEqualTo("revoked");
            open(late, TOKENS.of(org, "ann", NEW)).close();
            assertThat(said(""))
                    .as("all say it again, and that is one event each time")
                    .isLessThanOrEqualTo(12);
        }
    }

    @Test
    void onlyOperatorsRevoke() {
        Answer answer = a.client(TOKENS.of(org)).post("/realtime/revocations", "{\"org_id\":\"" + org + "\"}");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.code()).isEqualTo("operators_only");
    }

    private String ofOrg() {
        return "event = 'instances.revoked' and convert_from(payload, 'UTF8') like '%" + org + "%'";
    }

    private int said(String suffix) throws SQLException {
        return Integer.parseInt(database.ask(
                "select count(*) from rt.log where " + ofOrg() + " and id like 'revoked:%" + suffix + "'"));
    }

    private void revoke(GatewayProcess gateway, String body) {
        Answer answer = gateway.client(TOKENS.of("_ops")).post("/realtime/revocations", body.formatted(org));
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    }

    private static SseReader open(GatewayProcess gateway, String token) {
        return SseReader.open(gateway.address(), STREAM, Map.of("Authorization", "Bearer " + token));
    }
}
