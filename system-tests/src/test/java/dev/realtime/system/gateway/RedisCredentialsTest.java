package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayClient.Answer;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.RedisPrefix;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.testkit.servers.TestRedis;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tickets and revocations over Redis, where each organisation has a log of its own. */
class RedisCredentialsTest {
    private static final String STREAM = "/realtime/stream";
    private static final Tokens TOKENS = new Tokens();
    private static final Map<String, String> SETTINGS = new HashMap<>();

    private static RedisPrefix redis;
    private static GatewayProcess a;
    private static GatewayProcess b;

    @BeforeAll
    static void start() {
        redis = new RedisPrefix(TestRedis.shared().url(), TestRedis.shared().freshPrefix());
        SETTINGS.putAll(redis.settings());
        SETTINGS.put("REALTIME_AUTH", "jwt");
        SETTINGS.put("REALTIME_JWT_SECRET", TOKENS.secret());
        SETTINGS.put("REALTIME_REPLAY_WINDOW_SECONDS", "4");
        a = GatewayProcess.starting(SETTINGS);
        b = GatewayProcess.starting(SETTINGS);
        a.awaitReady();
        b.awaitReady();
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
        redis.close();
    }

    @Test
    void aTicketIsGoodOnceOnWhicheverInstance() {
        String query = "?ticket=" + a.client(TOKENS.of("acme")).ticket();
        try (SseReader onB = SseReader.open(b.address(), STREAM + query)) {
            assertThat(a.client().get(STREAM + query).code()).isEqualTo("ticket_used");
            assertThat(b.client().get(STREAM + query).code()).isEqualTo("ticket_used");
            onB.awaitEvent(a.client(TOKENS.of("acme"))
                    .publish("{\"event\":\"e\"}")
                    .get(0)
                    .id());
        }
    }

    @Test
    void aRevocationEndsStreamsElsewhereAndOutlivesTheWindow() {
        String ann = TOKENS.of("globex", "ann", Duration.ofMinutes(1));
        Map<String, String> bearer = Map.of("Authorization", "Bearer " + ann);
        try (SseReader onB = SseReader.open(b.address(), STREAM, bearer)) {
            long begun = System.nanoTime();
            Answer answer = a.client(TOKENS.of("_ops"))
                    .post("/realtime/revocations", "{\"org_id\":\"globex\",\"user_id\":\"ann\"}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(201);
            onB.awaitEnd();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            assertThat(onB.named("realtime.close").get(0).data()).contains("revoked");
        }
        Patience.until("the first event of it has left the window", () -> redis.oldest("_instances") > 1);
        try (GatewayProcess late = GatewayProcess.ready(SETTINGS)) {
            assertThat(late.client(ann).get("/realtime/position").code()).isEqualTo("revoked");
            assertThat(late.client(TOKENS.of("globex"))
                            .get("/realtime/position")
                            .status())
                    .as("a token without iat of somebody else")
                    .isEqualTo(200);
        }
    }
}
