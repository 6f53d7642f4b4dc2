package dev.realtime.sse.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import java.text.ParseException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class ReadableKeysTest {
    private static final ECKey EC = ec("good-ec");
    private static final RSAKey RSA = rsa(2_048);
    private static final Logger LOG = (Logger) LoggerFactory.getLogger(ReadableKeys.class);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final ReadableKeys keys = new ReadableKeys("https://issuer.example");

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>(); // who logs is another thread
        log.start();
        LOG.addAppender(log);
    }

    @AfterEach
    void stop() {
        LOG.detachAppender(log);
    }

    private static ECKey ec(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate().toPublicJWK();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private static RSAKey rsa(int bits) {
        try {
            return new RSAKeyGenerator(bits, true).keyID("good-rsa").generate().toPublicJWK();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    static Stream<String> leftOut() {
        String point = "\"x\":\"" + EC.getX() + "\",\"y\":\"" + EC.getY() + "\"";
        return Stream.of(
                "{\"kty\":\"AKP\",\"kid\":\"post-quantum\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"}",
                "{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"AAAA\"}",
                new OctetKeyPair.Builder(Curve.Ed25519, EC.getX()).build().toString(),
                "{\"kty\":\"oct\",\"k\":\"c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-999\"," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"secp256k1\"," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + EC.getX() + "\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES512\"," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":7," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":{}," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"key_ops\":\"verify\"," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"key_ops\":[7]," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x5c\":[\"AAAA\"]," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x5u\":\"not a url\"," + point + "}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":{\"a\":1}," + point + "}",
                "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
                "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"\"}",
                "{\"kty\":\"RSA\",\"n\":[],\"e\":null}",
                rsa(1_024).toString(),
                new RSAKey.Builder(RSA)
                        .algorithm(com.nimbusds.jose.JWSAlgorithm.PS256)
                        .build()
                        .toString(),
                "{\"kid\":\"no-type\"}",
                "{\"kty\":null}",
                "{\"kty\":{}}",
                "{}",
                "[]",
                "null",
                "17",
                "\"RSA\"");
    }

    @ParameterizedTest
    @MethodSource
    void leftOut(String key) throws ParseException {
        for (String set : new String[] {
            "{\"keys\":[" + key + "," + EC + "," + RSA + "]}", "{\"keys\":[" + EC + "," + RSA + "," + key + "]}",
        }) {
            assertThat(keys.read(set).getKeys()).extracting(JWK::getKeyID).containsExactly("good-ec", "good-rsa");
        }
        keys.read("{\"keys\":[" + EC + "," + RSA + "," + key + "]}");
        assertThat(log.list).hasSize(2); // as number 1 and as number 3, once each
        assertThat(log.list.get(0).getFormattedMessage())
                .startsWith("A key of https://issuer.example is left out: number 1 (kid ")
                .doesNotContain("c2VjcmV0");
    }

    @Test
    void severalOfOneIdAreAllThereForTheTokenToChoose() throws ParseException {
        ECKey first = ec("same");
        ECKey second = ec("same");
        assertThat(keys.read("{\"keys\":[" + first + "," + second + "]}").getKeys())
                .containsExactly(first, second);
        assertThat(log.list).isEmpty();
    }

    @Test
    void aMemberThatStandsTwiceInAKeyIsNotTheEndOfTheSet() throws ParseException {
        String twice = EC.toString().replace("\"kid\":\"good-ec\"", "\"kid\":\"a\",\"kid\":\"b\"");
        assertThat(keys.read("{\"keys\":[" + twice + "," + RSA + "],\"keys_of\":\"x\"}")
                        .getKeys())
                .extracting(JWK::getKeyID)
                .containsExactly("b", "good-rsa");
    }

    @Test
    void whatIsLeftOutIsSaidAgainOnlyAfterItHadGone() throws ParseException {
        String broken = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"line\\nbreak\"}," + EC + "]}";
        for (String set : List.of(broken, broken, "{\"keys\":[]}", broken)) {
            keys.read(set);
        }
        assertThat(log.list)
                .hasSize(2)
                .allMatch(line -> line.getFormattedMessage().contains("kid 'line?break'"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"keys\":[{\"kty\":\"RSA\"}]}",
                "{\"keys\":[{},null]}",
                "",
                "[]",
                "{}",
                "{\"keys\":{}}",
                "{\"keys\":null}",
                "<html>",
                "{\"keys\":[",
                "null"
            })
    void whatIsNoSetOrUnreadableAsAWholeIsToldFromAnEmptyOne(String text) {
        assertThatThrownBy(() -> keys.read(text)).isInstanceOf(ParseException.class);
    }
}
