package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The claims {@code topics} and {@code publish_topics}. */
class TokenTopicsTest {
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static String hearing(String... topics) {
        return bearer(claims().claim("topics", List.of(topics)));
    }

    private static String publishing(String... topics) {
        return bearer(claims().claim("publish_topics", List.of(topics)));
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder().claim("org_id", "acme");
    }

    @Test
    void aStreamHearsWhatItsTokenAllowsLiveAndReplayed() {
        String token = hearing("orders.*", "news");
        StreamClient live = gateway.stream("", "Authorization", token);
        StreamClient narrower = gateway.stream("?topics=orders.1,n*", "Authorization", token);
        StreamClient wider = gateway.stream("?topics=*", "Authorization", token);
        StreamClient byType = gateway.stream("?events=b", "Authorization", token);
        String start = live.awaitLive();
        narrower.awaitLive();
        wider.awaitLive();
        byType.awaitLive();
        String publisher = bearer("acme");
        gateway.post("""
                [{"event":"a","topic":"orders.1"},{"event":"b","topic":"orders.2"},{"event":"c","topic":"users.1"},
                 {"event":"d","topic":"news"},{"event":"e","topic":"news.more"},{"event":"f","topic":"orders"},
                 {"event":"end","topic":"orders.1"},{"event":"b","topic":"news"}]""", "Authorization", publisher);

        assertThat(typesUntilEnd(live)).containsExactly("a", "b", "d", "end");
        assertThat(typesUntilEnd(narrower)).containsExactly("a", "d", "end");
        assertThat(typesUntilEnd(wider)).containsExactly("a", "b", "d", "end");
        assertThat(byType.next().data()).contains("orders.2");
        assertThat(byType.next().data()).contains("\"topic\":\"news\"");
        StreamClient resumed = gateway.stream("?lastEventId=" + start, "Authorization", token);
        assertThat(resumed.next().event()).isEqualTo("realtime.open");
        assertThat(typesUntilEnd(resumed)).containsExactly("a", "b", "d", "end");
    }

    private static List<String> typesUntilEnd(StreamClient stream) {
        List<String> types = new java.util.ArrayList<>();
        while (!types.contains("end")) {
            types.add(stream.next().data().replaceAll(".*\"event\":\"([^\"]+)\".*", "$1"));
        }
        return types;
    }

    @ParameterizedTest
    @CsvSource({"?topics=users.1", "?topics=u*", "'?topics=news,users.1'", "?topics=order"})
    void toAskForWhatCannotBeHeardIsRefused(String query) {
        HttpResponse<String> answer =
                gateway.get("/realtime/stream" + query, "Authorization", hearing("orders.*", "news"));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("\"code\":\"topic_not_allowed\"", "\"field\":\"topics\"");
    }

    @Test
    void aTokenForNoTopicHearsNothing() {
        assertThat(gateway.get("/realtime/stream", "Authorization", hearing()).body())
                .contains("\"code\":\"topic_not_allowed\"");
        assertThat(gateway.get("/realtime/stream?topics=*", "Authorization", hearing())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void publishingElsewhereIsRefusedWhole() {
        StreamClient witness = gateway.stream("", "Authorization", bearer("acme"));
        witness.awaitLive();
        String token = publishing("orders.*");
        HttpResponse<String> refused = gateway.post(
                "[{\"event\":\"a\",\"topic\":\"orders.1\"},{\"event\":\"b\",\"topic\":\"news\"}]",
                "Authorization",
                token);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body())
                .contains("\"code\":\"topic_not_allowed\"", "\"field\":\"topic\"", "\"index\":1")
                .doesNotContain("orders");
        assertThat(gateway.post("{\"event\":\"default.topic\"}", "Authorization", token)
                        .statusCode())
                .isEqualTo(403);
        assertThat(gateway.post("{\"event\":\"c\",\"topic\":\"orders.2\"}", "Authorization", token)
                        .statusCode())
                .isEqualTo(201);
        assertThat(witness.next().data()).contains("\"event\":\"c\"");
        assertThat(gateway.post("{\"event\":\"a\"}", "Authorization", publishing())
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void aServiceIsBoundToItsTopicsInOtherOrganisationsToo() {
        String token = bearer(claims().claim("publish_any_org", true).claim("publish_topics", List.of("orders.*")));
        assertThat(gateway.post("{\"event\":\"a\",\"org_id\":\"other\",\"topic\":\"news\"}", "Authorization", token)
                        .body())
                .contains("topic_not_allowed");
        assertThat(gateway.post("{\"event\":\"a\",\"org_id\":\"other\",\"topic\":\"orders.1\"}", "Authorization", token)
                        .statusCode())
                .isEqualTo(201);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "\"orders\"",
                "5",
                "true",
                "{}",
                "[5]",
                "[null]",
                "[[\"a\"]]",
                "[\"\"]",
                "[\"a*b\"]",
                "[\"a b\"]",
                "[\"é\"]"
            })
    void whatIsNoListOfTopicsIsMalformed(String value) throws JOSEException {
        for (String claim : new String[] {"topics", "publish_topics"}) {
            HttpResponse<String> answer = gateway.get("/realtime/stream", "Authorization", raw(claim, value));
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.body()).contains("\"code\":\"token_malformed\"", claim);
        }
    }

    @Test
    void moreThanAHundredTopicsAreTooMany() throws JOSEException {
        assertThat(gateway.get("/realtime/position", "Authorization", raw("topics", list(100)))
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.get("/realtime/position", "Authorization", raw("topics", list(101)))
                        .body())
                .contains("token_malformed");
    }

    private static String list(int size) {
        return "[" + "\"a\",".repeat(size - 1) + "\"a\"]";
    }

    private static String raw(String claim, String value) throws JOSEException {
        JWSObject token = new JWSObject(
                new JWSHeader(JWSAlgorithm.HS256),
                new Payload("{\"org_id\":\"acme\",\"" + claim + "\":" + value + "}"));
        token.sign(new MACSigner(TestGateway.SECRET));
        return "Bearer " + token.serialize();
    }
}
