package dev.realtime.sse.gateway.auth;

import static dev.realtime.sse.gateway.equipment.TestGateway.bearer;
import static dev.realtime.sse.gateway.equipment.TestGateway.in;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What instances tell each other comes from no caller, and no credential outlives a revocation by its date. */
class InstancesOrganisationTest {
    private static final String ORG = "acme";
    private static TestGateway gateway;

    @BeforeAll
    static void start() {
        gateway = TestGateway.startWithTokens();
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @Test
    void nobodyElseIsOfTheInstancesOrganisation() {
        String anywhere = bearer(new JWTClaimsSet.Builder().claim("org_id", ORG).claim("publish_any_org", true));
        for (String credential : List.of(anywhere, bearer("_ops"))) {
            HttpResponse<String> answer = gateway.post(
                    "{\"org_id\":\"_instances\",\"event\":\"instances.revoked\",\"topic\":\"instances:revocations\"}",
                    "Authorization",
                    credential);
            assertThat(answer.statusCode()).isEqualTo(403);
        }
        assertThat(gateway.get("/realtime/position", "Authorization", bearer("_instances"))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void aTokenOfAMomentThatIsStillToComeIsRefused() {
        String later = bearer(new JWTClaimsSet.Builder().claim("org_id", ORG).issueTime(in(Duration.ofMinutes(2))));
        HttpResponse<String> answer = gateway.get("/realtime/position", "Authorization", later);
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("token_not_yet_valid");
        String skewed = bearer(new JWTClaimsSet.Builder().claim("org_id", ORG).issueTime(in(Duration.ofSeconds(10))));
        assertThat(gateway.get("/realtime/position", "Authorization", skewed).statusCode())
                .isEqualTo(200);
    }
}
