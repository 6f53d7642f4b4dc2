package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whose stream it is, as a page may know it before and in it. */
class CallerTest {
    private static final String PATH = "/realtime/caller";
    private static TestGateway one;
    private static TestGateway two;

    @BeforeAll
    static void start() {
        one = TestGateway.startWithTokens();
        two = TestGateway.startWithTokens();
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
    }

    @Test
    void allInstancesSayTheSameBeforeAndInAStreamThroughEveryRenewedCredential() {
        String said = caller(one, bearer("acme", "ann"));
        JWTClaimsSet.Builder renewed = new JWTClaimsSet.Builder()
                .claim("org_id", "acme")
                .subject("ann")
                .issueTime(in(Duration.ZERO))
                .expirationTime(in(Duration.ofHours(1)));

        assertThat(caller(two, bearer(renewed))).isEqualTo(said);
        for (TestGateway gateway : List.of(one, two)) {
            assertThat(opened(gateway, "", "Authorization", bearer(renewed))).isEqualTo(said);
            assertThat(opened(gateway, "?lastEventId=x", "Authorization", bearer("acme", "ann")))
                    .isEqualTo(said);
            assertThat(opened(
                            gateway,
                            "",
                            "Cookie",
                            "realtime_token=" + bearer("acme", "ann").substring(7)))
                    .isEqualTo(said);
        }
        assertThat(said).doesNotContain("acme", "ann");
        assertThat(List.of(
                        said,
                        caller(one, bearer("acme", "bob")),
                        caller(one, bearer("other", "ann")),
                        caller(one, bearer("acme"))))
                .doesNotHaveDuplicates();
    }

    @Test
    void aTicketSaysItWithoutBeingUsedUp() {
        String authorization = bearer("acme", "ann");
        String ticket = one.call("POST", "/realtime/tickets", null, "Authorization", authorization)
                .body()
                .replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
        HttpResponse<String> asked = one.get(PATH + "?ticket=" + ticket, "Authorization", bearer("other"));

        assertThat(said(asked)).isEqualTo(caller(one, authorization));
        assertThat(opened(one, "?ticket=" + ticket)).isEqualTo(said(asked));
        assertThat(one.get(PATH + "?ticket=x").body()).contains("ticket_invalid");
    }

    @Test
    void nobodyIsToldWithoutACredentialAndNothingIsStored() {
        HttpResponse<String> refused = one.get(PATH);
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("token_missing");
        assertThat(one.get(
                                PATH,
                                "Cookie",
                                "realtime_token=" + bearer("acme").substring(7),
                                "Origin",
                                "https://evil.example")
                        .body())
                .contains("origin_not_allowed");
        assertThat(one.get(PATH + "?topics=a", "Authorization", bearer("acme")).body())
                .contains("unknown_parameter");
        assertThat(one.get(PATH, "Authorization", bearer("acme")).headers().firstValue("Cache-Control"))
                .hasValue("no-store");
    }

    private static String caller(TestGateway gateway, String authorization) {
        return said(gateway.get(PATH, "Authorization", authorization));
    }

    private static String said(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return callerIn(answer.body());
    }

    private static String opened(TestGateway gateway, String query, String... headers) {
        try (StreamClient stream = gateway.stream(query, headers)) {
            StreamClient.Frame frame = stream.next();
            while (!"realtime.open".equals(frame.event())) {
                frame = stream.next();
            }
            return callerIn(frame.data());
        }
    }

    private static String callerIn(String json) {
        assertThat(json).contains("\"caller\":\"");
        return json.replaceAll(".*\"caller\":\"([^\"]+)\".*", "$1");
    }
}
