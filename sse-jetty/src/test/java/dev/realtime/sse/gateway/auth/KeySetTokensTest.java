package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.nimbusds.jose.Algorithm;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.realtime.sse.gateway.equipment.KeyServer;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Tokens signed with an issuer's keys, over real HTTP on both sides. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeySetTokensTest {
    private RSAKey rsa;
    private RSAKey otherRsa;
    private RSAKey weakRsa;
    private ECKey ec;
    private ECKey wideEc;
    private KeyServer keys;
    private TestGateway gateway;

    @BeforeAll
    void start() throws JOSEException {
        rsa = new RSAKeyGenerator(2_048).keyID("rsa").keyUse(KeyUse.SIGNATURE).generate();
        otherRsa = new RSAKeyGenerator(2_048).keyID("other").generate();
        weakRsa = new RSAKeyGenerator(1_024, true).keyID("weak").generate();
        ec = new ECKeyGenerator(Curve.P_256).keyID("ec").generate();
        wideEc = new ECKeyGenerator(Curve.P_384).keyID("wide").generate();
        keys = KeyServer.with(
                rsa,
                ec,
                wideEc,
                weakRsa,
                copy(otherRsa, "encrypts", KeyUse.ENCRYPTION, null),
                copy(otherRsa, "for512", null, JWSAlgorithm.RS512));
        gateway = gateway(keys);
    }

    @AfterAll
    void stop() {
        gateway.close();
        keys.close();
    }

    private static RSAKey copy(RSAKey key, String id, KeyUse use, Algorithm algorithm) {
        return new RSAKey.Builder(key.toPublicJWK())
                .keyID(id)
                .keyUse(use)
                .algorithm(algorithm)
                .build();
    }

    private static TestGateway gateway(KeyServer keys) {
        return TestGateway.start(
                "REALTIME_AUTH", "jwt",
                "REALTIME_JWKS_URL", keys.url(),
                "REALTIME_JWT_ISSUER", "issuer",
                "REALTIME_JWT_AUDIENCE", "browsers");
    }

    private static JWTClaimsSet.Builder good() {
        return new JWTClaimsSet.Builder()
                .claim("org_id", "acme")
                .issuer("issuer")
                .audience("browsers")
                .expirationTime(in(Duration.ofMinutes(5)));
    }

    private static String token(JWSAlgorithm algorithm, String kid, JWSSigner signer, JWTClaimsSet.Builder claims)
            throws JOSEException {
        SignedJWT token =
                new SignedJWT(new JWSHeader.Builder(algorithm).keyID(kid).build(), claims.build());
        token.sign(signer);
        return token.serialize();
    }

    private static String token(RSAKey key) throws JOSEException {
        return token(JWSAlgorithm.RS256, key.getKeyID(), new RSASSASigner(key), good());
    }

    private String token(JWTClaimsSet.Builder claims) throws JOSEException {
        return token(JWSAlgorithm.RS256, "rsa", new RSASSASigner(rsa), claims);
    }

    private static HttpResponse<String> ask(TestGateway gateway, String token) {
        return gateway.get("/realtime/position", "Authorization", "Bearer " + token);
    }

    @Test
    void rs256AndEs256AreTakenAndTheKeysFetchedOnce() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa, ec);
                TestGateway fresh = gateway(own)) {
            for (int i = 0; i < 10; i++) {
                assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
                assertThat(ask(fresh, token(JWSAlgorithm.ES256, "ec", new ECDSASigner(ec), good()))
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(own.fetches()).isEqualTo(1);
        }
    }

    @Test
    void manyFirstRequestsShareAFetch() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa);
                TestGateway fresh = gateway(own)) {
            String token = token(rsa);
            List<CompletableFuture<Integer>> answers = IntStream.range(0, 12)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> ask(fresh, token).statusCode(), task -> new Thread(task, "asker").start()))
                    .toList();
            assertThat(answers.stream().map(CompletableFuture::join))
                    .as("who waits too long comes again")
                    .contains(200)
                    .allMatch(status -> status == 200 || status == 503);
            assertThat(ask(fresh, token).statusCode()).isEqualTo(200);
            assertThat(own.fetches()).isEqualTo(1);
        }
    }

    Arguments[] bad() throws JOSEException {
        byte[] der = rsa.toRSAPublicKey().getEncoded();
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n";
        byte[] json = rsa.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);
        String valid = token(rsa);
        SignedJWT es = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("ec").build(), good().build());
        es.sign(new ECDSASigner(ec));
        String noSignature = es.serialize().substring(0, es.serialize().lastIndexOf('.') + 1);
        return new Arguments[] {
            Arguments.of(token(JWSAlgorithm.HS256, "rsa", new MACSigner(der), good()), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.HS256, "rsa", new MACSigner(pem), good()), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.HS256, "rsa", new MACSigner(json), good()), "token_bad_algorithm"),
            Arguments.of(new PlainJWT(good().build()).serialize(), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.RS512, "rsa", new RSASSASigner(rsa), good()), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.PS256, "rsa", new RSASSASigner(rsa), good()), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.ES384, "wide", new ECDSASigner(wideEc), good()), "token_bad_algorithm"),
            Arguments.of(token(JWSAlgorithm.ES256, "wide", new ECDSASigner(ec), good()), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.ES256, "rsa", new ECDSASigner(ec), good()), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.RS256, "ec", new RSASSASigner(rsa), good()), "token_unknown_key"),
            Arguments.of(
                    token(
                            JWSAlgorithm.RS256,
                            "weak",
                            new RSASSASigner(weakRsa.toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance())),
                            good()),
                    "token_unknown_key"),
            Arguments.of(
                    token(JWSAlgorithm.RS256, "encrypts", new RSASSASigner(otherRsa), good()), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.RS256, "for512", new RSASSASigner(otherRsa), good()), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.RS256, null, new RSASSASigner(rsa), good()), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.RS256, "", new RSASSASigner(rsa), good()), "token_unknown_key"),
            Arguments.of(token(otherRsa), "token_unknown_key"),
            Arguments.of(token(JWSAlgorithm.RS256, "rsa", new RSASSASigner(otherRsa), good()), "token_bad_signature"),
            Arguments.of(noSignature + Base64URL.encode(new byte[64]), "token_bad_signature"),
            Arguments.of(valid.substring(0, valid.length() - 6) + "AAAAAA", "token_bad_signature"),
            Arguments.of(token(good().expirationTime(in(Duration.ofSeconds(-40)))), "token_expired"),
            Arguments.of(token(good().notBeforeTime(in(Duration.ofSeconds(60)))), "token_not_yet_valid"),
            Arguments.of(token(good().issuer("other")), "token_wrong_issuer"),
            Arguments.of(token(good().issuer(null)), "token_wrong_issuer"),
            Arguments.of(token(good().audience("other")), "token_wrong_audience"),
            Arguments.of(token(good().claim("org_id", null)), "token_no_organisation"),
        };
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadTokenHasACodeAndIsNeverSaidAgain(String token, String code) {
        try (Logged logged = new Logged()) {
            HttpResponse<String> answer = ask(gateway, token);
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).contains("\"code\":\"" + code + "\"").doesNotContain(token);
            assertThat(logged.all()).doesNotContain(token).doesNotContain(token.substring(0, token.indexOf('.')));
        }
    }

    @Test
    void aNewKeyIsFoundAndAnOldOneForgottenWithoutARestart() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa);
                TestGateway fresh = gateway(own)) {
            assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
            own.publish(rsa, otherRsa);
            assertThat(ask(fresh, token(otherRsa)).statusCode()).isEqualTo(200);
            assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
            assertThat(own.fetches()).isEqualTo(2);

            own.publish(otherRsa, ec);
            String third = token(JWSAlgorithm.ES256, "ec", new ECDSASigner(ec), good());
            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(
                            () -> assertThat(ask(fresh, third).statusCode()).isEqualTo(200));
            assertThat(ask(fresh, token(rsa)).body()).contains("token_unknown_key");
        }
    }

    @Test
    void forgedKeyIdsDoNotHammerTheKeyServer() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa);
                TestGateway fresh = gateway(own)) {
            long began = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(ask(fresh, token(JWSAlgorithm.RS256, "forged-" + i, new RSASSASigner(otherRsa), good()))
                                .body())
                        .contains("token_unknown_key");
            }
            long pauses = 1 + Duration.ofNanos(System.nanoTime() - began).toSeconds() / 5;
            assertThat(own.fetches()).isLessThanOrEqualTo((int) (2 * pauses + 1));
            assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aKeyServerThatIsAwayIsNoVerdictOnTheToken() throws JOSEException {
        try (Logged logged = new Logged();
                KeyServer own = KeyServer.away(rsa);
                TestGateway fresh = gateway(own)) {
            String token = token(rsa);
            for (int i = 0; i < 5; i++) {
                HttpResponse<String> answer = ask(fresh, token);
                assertThat(answer.statusCode()).isEqualTo(503);
                assertThat(answer.body())
                        .contains("\"code\":\"keys_unavailable\"")
                        .doesNotContain(token);
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            }
            String authorization = "Bearer " + token;
            assertThat(fresh.get("/realtime/stream?client=fetch", "Authorization", authorization)
                            .statusCode())
                    .isEqualTo(503);
            assertThat(fresh.call("HEAD", "/realtime/stream", null, "Authorization", authorization)
                            .statusCode())
                    .isEqualTo(503);
            StreamClient browser = fresh.stream("", "Authorization", authorization);
            assertThat(browser.statusLine()).contains(" 200 ");
            StreamClient.Frame close = browser.next();
            assertThat(close.event()).isEqualTo("realtime.close");
            assertThat(close.data()).isEqualTo("{\"reason\":\"unavailable\",\"reconnect\":true}");
            assertThat(Long.parseLong(close.retry())).isBetween(1_000L, 6_000L);
            assertThat(browser.next()).isNull();
            assertThat(logged.warnings()).singleElement().satisfies(warning -> {
                assertThat(warning.getFormattedMessage())
                        .contains("keys", "127.0.0.1")
                        .doesNotContain("\n");
                assertThat(warning.getThrowableProxy()).isNull();
            });

            own.comeBack();
            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(
                            () -> assertThat(ask(fresh, token).statusCode()).isEqualTo(200));
            assertThat(logged.all()).doesNotContain(token);
        }
    }

    @Test
    void aKeyServerThatLeavesLaterIsNotMissed() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa);
                TestGateway fresh = gateway(own)) {
            assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
            own.leave();
            assertThat(ask(fresh, token(otherRsa)).statusCode())
                    .as("a verdict only while the keys are fresh")
                    .isIn(401, 503);
            assertThat(ask(fresh, token(rsa)).statusCode()).isEqualTo(200);
            own.comeBack();
        }
    }

    @Test
    void aSilentKeyServerHoldsNobodyForLong() throws JOSEException {
        try (KeyServer own = KeyServer.with(rsa);
                TestGateway fresh = gateway(own)) {
            own.fallSilent();
            for (int i = 0; i < 3; i++) {
                long began = System.nanoTime();
                assertThat(ask(fresh, token(rsa)).body()).contains("keys_unavailable");
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"500, {}", "200, {}", "200, no keys", "404, ''", "302, ''", "200, '{\"keys\":[{\"kty\":\"RSA\"}]}'"})
    void whatIsNoKeySetIsAnOutage(int status, String body) throws JOSEException {
        try (KeyServer own = KeyServer.with();
                TestGateway fresh = gateway(own)) {
            own.answer(status, body);
            assertThat(ask(fresh, token(rsa)).body()).contains("keys_unavailable");
            assertThat(own.fetches()).isLessThanOrEqualTo(4);
        }
    }

    @Test
    void aKeySetIsBounded() throws JOSEException {
        try (KeyServer own = KeyServer.with();
                TestGateway fresh = gateway(own)) {
            String keySet = new JWKSet((JWK) rsa).toString(true);
            own.answer(200, keySet + " ".repeat(300_000));
            assertThat(ask(fresh, token(rsa)).body()).contains("keys_unavailable");
        }
    }

    /** Everything that is logged meanwhile. */
    private static final class Logged implements AutoCloseable {
        private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

        Logged() {
            appender.list = new CopyOnWriteArrayList<>(); // who logs is another thread
            appender.start();
            root.addAppender(appender);
        }

        String all() {
            StringBuilder all = new StringBuilder();
            List.copyOf(appender.list)
                    .forEach(event -> all.append(event.getFormattedMessage()).append('\n'));
            return all.toString();
        }

        List<ILoggingEvent> warnings() {
            return List.copyOf(appender.list).stream()
                    .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                    .toList();
        }

        @Override
        public void close() {
            root.detachAppender(appender);
        }
    }
}
