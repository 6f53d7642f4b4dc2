package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.StreamClient.Frame;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Revoking on one instance: whose streams end, and who is refused afterwards. Each test has an organisation of its own. */
class RevocationsTest {
    private static final Duration SOON = Duration.ofSeconds(2);
    private static TestGateway gateway;

    private final String org = "o" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void aUsersStreamsEndAndNobodyElses() {
        StreamClient ann = stream(token("ann", -60));
        StreamClient annToo = stream(token("ann", -5));
        StreamClient bob = stream(token("bob", -60));
        StreamClient nobody = stream(token(null, -60));
        StreamClient elsewhere = gateway.stream("", "Authorization", bearer("other" + org, "ann"));
        elsewhere.awaitLive();

        long begun = System.nanoTime();
        revoke("{\"org_id\":\"" + org + "\",\"user_id\":\"ann\"}");

        assertThat(ann.next().data()).isEqualTo("{\"reason\":\"revoked\",\"reconnect\":false}");
        assertThat(ann.next()).isNull();
        assertThat(annToo.next().event()).isEqualTo("realtime.close");
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        gateway.publish("after", "Authorization", token("bob", -60));
        assertThat(bob.next().data()).contains("\"event\":\"after\"");
        assertThat(nobody.next().data()).contains("\"event\":\"after\"");
        gateway.publish("after", "Authorization", bearer("other" + org, "ann"));
        assertThat(elsewhere.next().data()).contains("\"event\":\"after\"");
    }

    @Test
    void whatWasIssuedBeforeIsRefusedEverywhereAndANewTokenIsNot() {
        String old = token("ann", -60);
        String undated = bearer(org, "ann");
        String ticketBefore = ticket(old);
        String used = ticket(old);
        String cookie;
        try (StreamClient stream = gateway.stream("?ticket=" + used)) {
            cookie = stream.header("Set-Cookie").replaceAll(";.*", "");
        }
        revoke("{\"org_id\":\"" + org + "\",\"user_id\":\"ann\"}");
        awaitRefused(old);

        for (String token : new String[] {old, undated}) {
            refused(gateway.get("/realtime/stream", "Authorization", token));
            refused(gateway.get("/realtime/position", "Authorization", token));
            refused(gateway.post("{\"event\":\"e\"}", "Authorization", token));
            refused(gateway.call("POST", "/realtime/tickets", null, "Authorization", token));
        }
        refused(gateway.get("/realtime/stream?ticket=" + ticketBefore));
        refused(gateway.get("/realtime/stream?ticket=" + used, "Cookie", cookie));

        String fresh = token("ann", 2);
        gateway.publish("works", "Authorization", fresh);
        assertThat(gateway.stream("?ticket=" + ticket(fresh)).statusLine()).contains("200");
        assertThat(gateway.stream("", "Authorization", token("bob", -60)).statusLine())
                .contains("200");
    }

    @Test
    void anOrganisationIsRevokedWhole() {
        StreamClient ann = stream(token("ann", -60));
        StreamClient nobody = stream(token(null, -60));
        revoke("{\"org_id\":\"" + org + "\"}");

        assertThat(ann.next().data()).contains("revoked");
        assertThat(nobody.next().data()).contains("revoked");
        awaitRefused(token("carl", -60));
        assertThat(gateway.get("/realtime/position", "Authorization", token("ann", 2))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aStreamOfANewTokenStaysThoughTheRevocationIsSaidAgain() {
        revoke("{\"org_id\":\"" + org + "\",\"user_id\":\"ann\",\"hours\":2}");
        StreamClient fresh = stream(token("ann", 2));
        revoke("{\"org_id\":\"" + org + "\",\"user_id\":\"bob\"}");
        awaitRefused(token("bob", -5));

        gateway.publish("after", "Authorization", token("ann", 2));
        assertThat(fresh.next().data()).contains("\"event\":\"after\"");
    }

    @Test
    void theAnswerSaysWhatHoldsUntilWhenAndOperatorsHearOfIt() {
        StreamClient operators = gateway.stream("", "Authorization", bearer("_ops"));
        operators.awaitLive();
        Instant before = Instant.now();
        HttpResponse<String> answer = revoke("{\"org_id\":\"" + org + "\",\"user_id\":\"ann\",\"hours\":3}");

        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).startsWith("{\"org_id\":\"" + org + "\",\"user_id\":\"ann\",\"revoked_at\":\"");
        Instant revokedAt = Instant.parse(answer.body().replaceAll(".*\"revoked_at\":\"([^\"]+)\".*", "$1"));
        Instant until = Instant.parse(answer.body().replaceAll(".*\"until\":\"([^\"]+)\".*", "$1"));
        assertThat(Duration.between(revokedAt, until)).isEqualTo(Duration.ofHours(3));
        assertThat(Duration.between(before, revokedAt).abs()).isLessThan(Duration.ofSeconds(20));
        Frame heard = operators.next();
        while (!heard.data().contains("\"org_id\":\"" + org)) {
            heard = operators.next();
        }
        assertThat(heard.data()).contains("\"event\":\"ops.revoked\"", "\"topic\":\"ops:revocations\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|missing_field|org_id",
                "{\"org_id\":\"a b\"}|invalid_org_id|org_id",
                "{\"org_id\":5}|wrong_type|org_id",
                "{\"org_id\":null}|wrong_type|org_id",
                "{\"org_id\":\"a\",\"user_id\":null}|wrong_type|user_id",
                "{\"org_id\":\"a\",\"user_id\":\"\"}|invalid_user_id|user_id",
                "{\"org_id\":\"a\",\"hours\":0}|invalid_hours|hours",
                "{\"org_id\":\"a\",\"hours\":721}|invalid_hours|hours",
                "{\"org_id\":\"a\",\"hours\":99999999999}|invalid_hours|hours",
                "{\"org_id\":\"a\",\"hours\":1.5}|wrong_type|hours",
                "{\"org_id\":\"a\",\"hours\":\"1\"}|wrong_type|hours",
                "{\"org_id\":\"a\",\"user\":\"ann\"}|unknown_field|user",
                "{\"org_id\":\"a\",\"org_id\":\"b\"}|repeated_field|org_id",
                "[]|wrong_type|body",
                "{\"org_id\":\"a\"}{}|body_not_json|body",
                "{\"org_id\":|body_not_json|body",
            })
    void aBadBodyIsRefusedByField(String body, String code, String field) {
        HttpResponse<String> answer = post(body, bearer("_ops"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"", "\"field\":\"" + field + "\"");
    }

    @Test
    void onlyOperatorsRevoke() {
        HttpResponse<String> answer = post("{\"org_id\":\"" + org + "\"}", token("ann", 0));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("operators_only");
        assertThat(gateway.call("POST", "/realtime/revocations", "{}", "Content-Type", "application/json")
                        .statusCode())
                .isEqualTo(401);
        assertThat(gateway.call("POST", "/realtime/revocations", "x".repeat(5_000), "Authorization", bearer("_ops"))
                        .statusCode())
                .isEqualTo(415);
        assertThat(post(" ".repeat(5_000), bearer("_ops")).statusCode()).isEqualTo(413);
    }

    @Test
    void nobodyPublishesRevocationsAsEvents() {
        HttpResponse<String> answer = gateway.post(
                "{\"event\":\"ops.revoked\",\"topic\":\"ops:revocations\"}", "Authorization", bearer("_ops"));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("invalid_event", "reserved");
        gateway.publish("ops.revoked", "Authorization", token("ann", 0));
    }

    @Test
    void operatorsAreRevokedToo() {
        try (TestGateway own = TestGateway.startWithTokens()) {
            String old = bearer(new JWTClaimsSet.Builder()
                    .claim("org_id", "_ops")
                    .subject("eve")
                    .issueTime(in(Duration.ofMinutes(-1))));
            assertThat(own.get("/metrics", "Authorization", old).statusCode()).isEqualTo(200);
            own.call(
                    "POST",
                    "/realtime/revocations",
                    "{\"org_id\":\"_ops\",\"user_id\":\"eve\"}",
                    "Authorization",
                    bearer("_ops"),
                    "Content-Type",
                    "application/json");
            await().untilAsserted(() ->
                    assertThat(own.get("/metrics", "Authorization", old).body()).contains("\"code\":\"revoked\""));
            assertThat(own.get("/metrics", "Authorization", bearer("_ops", "adam"))
                            .body())
                    .contains("realtime_revocations 1.0");
        }
    }

    /** @param issuedIn seconds from now */
    private String token(String user, int issuedIn) {
        return bearer(new JWTClaimsSet.Builder()
                .claim("org_id", org)
                .subject(user)
                .issueTime(Date.from(Instant.now().plusSeconds(issuedIn))));
    }

    private static StreamClient stream(String authorization) {
        StreamClient stream = gateway.stream("", "Authorization", authorization);
        stream.awaitLive();
        return stream;
    }

    private static String ticket(String authorization) {
        return gateway.call("POST", "/realtime/tickets", null, "Authorization", authorization)
                .body()
                .replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
    }

    private static HttpResponse<String> post(String body, String authorization) {
        return gateway.call(
                "POST",
                "/realtime/revocations",
                body,
                "Authorization",
                authorization,
                "Content-Type",
                "application/json");
    }

    private static HttpResponse<String> revoke(String body) {
        HttpResponse<String> answer = post(body, bearer("_ops"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer;
    }

    private static void awaitRefused(String token) {
        await().pollInterval(Duration.ofMillis(10))
                .atMost(SOON.multipliedBy(5))
                .until(() -> gateway.get("/realtime/position", "Authorization", token)
                                .statusCode()
                        == 401);
    }

    private static void refused(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(401);
        assertThat(answer.body()).contains("\"code\":\"revoked\"");
    }
}
