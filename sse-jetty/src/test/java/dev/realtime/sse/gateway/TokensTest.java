package dev.realtime.sse.gateway;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static dev.realtime.sse.gateway.equipment.TestGateway.token;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TokensTest {
    private static final String LISTED = "https://app.example";
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens(
                "REALTIME_JWT_ISSUER", "issuer",
                "REALTIME_JWT_AUDIENCE", "browsers",
                "REALTIME_ALLOWED_ORIGINS", LISTED);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static JWTClaimsSet.Builder good() {
        return new JWTClaimsSet.Builder()
                .claim("org_id", "acme")
                .issuer("issuer")
                .audience("browsers")
                .expirationTime(in(Duration.ofMinutes(5)));
    }

    static Arguments[] bad() throws JOSEException {
        SignedJWT otherAlgorithm = new SignedJWT(new JWSHeader(JWSAlgorithm.HS512), good().build());
        otherAlgorithm.sign(new MACSigner("0".repeat(64)));
        String valid = token(good(), TestGateway.SECRET);
        return new Arguments[] {
            Arguments.of("secret-looking-thing", "token_malformed"),
            Arguments.of("a.b.c", "token_malformed"),
            Arguments.of(new PlainJWT(good().build()).serialize(), "token_bad_algorithm"),
            Arguments.of(otherAlgorithm.serialize(), "token_bad_algorithm"),
            Arguments.of(token(good(), "x".repeat(32)), "token_bad_signature"),
            Arguments.of(valid.substring(0, valid.length() - 4) + "AAAA", "token_bad_signature"),
            Arguments.of(
                    token(good().expirationTime(in(Duration.ofSeconds(-40))), TestGateway.SECRET), "token_expired"),
            Arguments.of(
                    token(good().notBeforeTime(in(Duration.ofSeconds(60))), TestGateway.SECRET), "token_not_yet_valid"),
            Arguments.of(token(good().issuer("other"), TestGateway.SECRET), "token_wrong_issuer"),
            Arguments.of(token(good().audience("other"), TestGateway.SECRET), "token_wrong_audience"),
            Arguments.of(token(good().claim("org_id", null), TestGateway.SECRET), "token_no_organisation"),
            Arguments.of(token(good().claim("org_id", 5), TestGateway.SECRET), "token_no_organisation"),
            Arguments.of(token(good().claim("org_id", "a b"), TestGateway.SECRET), "token_no_organisation"),
        };
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadTokenHasACodeAndIsNeverEchoed(String token, String code) {
        for (String path : new String[] {"/realtime/stream", "/realtime/position"}) {
            HttpResponse<String> answer = gateway.get(path, "Authorization", "Bearer " + token);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
            assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(answer.body()).doesNotContain(token);
        }
    }

    @Test
    void noTokenIsNamed() {
        assertThat(gateway.get("/realtime/stream").body()).contains("\"code\":\"token_missing\"");
        assertThat(gateway.get("/realtime/stream", "Authorization", "Basic abc").body())
                .contains("\"code\":\"token_missing\"");
        assertThat(gateway.get("/realtime/stream?ticket=abc").body()).contains("\"code\":\"ticket_invalid\"");
    }

    @Test
    void skewIsForgiven() {
        for (JWTClaimsSet.Builder claims : new JWTClaimsSet.Builder[] {
            good().expirationTime(in(Duration.ofSeconds(-20))), good().notBeforeTime(in(Duration.ofSeconds(20)))
        }) {
            assertThat(gateway.get("/realtime/position", "Authorization", bearer(claims))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aCookieIsTakenFromOurOwnPagesAndListedOnesOnly() {
        String cookie = "realtime_token=" + token(good(), TestGateway.SECRET);
        String own = "http://127.0.0.1:" + gateway.gateway().port();
        assertThat(gateway.get("/realtime/position", "Cookie", cookie).statusCode())
                .isEqualTo(200);
        assertThat(gateway.get("/realtime/position", "Cookie", cookie, "Origin", own)
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.get("/realtime/position", "Cookie", cookie, "Origin", LISTED)
                        .statusCode())
                .isEqualTo(200);

        HttpResponse<String> foreign =
                gateway.get("/realtime/stream", "Cookie", cookie, "Origin", "https://evil.example");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("\"code\":\"origin_not_allowed\"");
        assertThat(foreign.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @Test
    void organisationsDoNotHearEachOther() {
        StreamClient acme = gateway.stream("", "Authorization", bearer(good()));
        acme.awaitLive();
        gateway.publish("of.others", "Authorization", bearer(good().claim("org_id", "other")));
        String own = gateway.publish("own", "Authorization", bearer(good()));
        StreamClient.Frame frame = acme.next();
        assertThat(frame.id()).isEqualTo(own);
        assertThat(frame.data()).contains("\"event\":\"own\"");
    }

    @Test
    void anAudienceIsHeardByItsUsersOnlyAndNeverShown() {
        StreamClient ann = gateway.stream("", "Authorization", bearer(good().subject("ann")));
        StreamClient bob = gateway.stream("", "Authorization", bearer(good().subject("bob")));
        StreamClient nobody = gateway.stream("", "Authorization", bearer(good()));
        ann.awaitLive();
        bob.awaitLive();
        nobody.awaitLive();
        gateway.post("{\"event\":\"for.ann\",\"user_ids\":[\"ann\"]}", "Authorization", bearer(good()));
        gateway.post("{\"event\":\"for.all\"}", "Authorization", bearer(good()));
        assertThat(ann.next().data()).contains("for.ann").doesNotContain("user_ids");
        assertThat(ann.next().data()).contains("for.all");
        assertThat(bob.next().data()).contains("for.all");
        assertThat(nobody.next().data()).contains("for.all");
    }

    @Test
    void onlyASpecialTokenPublishesToOthersAndNeverToTheOperators() {
        String plain = bearer(good());
        String service = bearer(good().claim("publish_any_org", true));
        String toOther = "{\"event\":\"a\",\"org_id\":\"other\"}";
        assertThat(gateway.post(toOther, "Authorization", plain).statusCode()).isEqualTo(403);
        assertThat(gateway.post(toOther, "Authorization", service).statusCode()).isEqualTo(201);
        assertThat(gateway.post("{\"event\":\"a\",\"org_id\":\"_ops\"}", "Authorization", service)
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void operatorsPagesAreForOperators() {
        String operator = bearer(good().claim("org_id", "_ops"));
        for (String path : new String[] {"/", "/metrics"}) {
            assertThat(gateway.get(path).statusCode()).isEqualTo(401);
            HttpResponse<String> refused = gateway.get(path, "Authorization", bearer(good()));
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("\"code\":\"operators_only\"");
            assertThat(gateway.get(path, "Authorization", operator).statusCode())
                    .isEqualTo(200);
        }
        assertThat(gateway.get("/readyz").body()).isEqualTo("{\"ready\":true}");
        assertThat(gateway.get("/readyz", "Authorization", operator).body()).contains("\"transport\":\"memory\"");
        assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
    }

    @Test
    void aStreamEndsWithItsToken() {
        StreamClient stream =
                gateway.stream("", "Authorization", bearer(good().expirationTime(in(Duration.ofMillis(1_500)))));
        stream.awaitLive();
        StreamClient.Frame close = stream.next();
        assertThat(close.event()).isEqualTo("realtime.close");
        assertThat(close.data()).isEqualTo("{\"reason\":\"expired\",\"reconnect\":true}");
        assertThat(close.retry()).matches("[0-9]+");
        assertThat(stream.next()).isNull();
    }

    @Test
    void itEndsWithinASecondOfTheExpiry() {
        Instant expiry = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(3);
        StreamClient stream = gateway.stream("", "Authorization", bearer(good().expirationTime(Date.from(expiry))));
        stream.awaitLive();
        StreamClient.Frame close = stream.next();
        Instant closed = Instant.now();
        assertThat(close.data()).contains("\"expired\"");
        assertThat(closed).isBetween(expiry, expiry.plusSeconds(1));
        assertThat(stream.next()).isNull();
    }

    @Test
    void oneThatComesInsideTheSkewEndsWithIt() {
        Instant expiry = Instant.now().truncatedTo(ChronoUnit.SECONDS).minusSeconds(27);
        StreamClient stream = gateway.stream("", "Authorization", bearer(good().expirationTime(Date.from(expiry))));
        assertThat(stream.statusLine()).contains("200");
        stream.awaitLive();
        assertThat(stream.next().data()).contains("\"expired\"");
        assertThat(Instant.now()).isBetween(expiry.plusSeconds(30), expiry.plusSeconds(31));
    }
}
