package dev.realtime.sse.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.TicketKey;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatewaySettingsTest {
    private static final String SECRET = TestGateway.SECRET;

    @Test
    void defaultsAreLoopbackWithAKeyOfTheirOwn() {
        GatewaySettings settings = GatewaySettings.from(Settings.of(Map.of()));
        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.startKey()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "PORT=http, PORT",
        "PORT=65536, PORT",
        "PORT=-1, PORT",
        "HOST=0.0.0.0, REALTIME_AUTH",
        "HOST=::, REALTIME_AUTH",
        "HOST=no.such.host.invalid, HOST",
        "REALTIME_AUTH=yes, REALTIME_AUTH",
        "REALTIME_AUTH=jwt, REALTIME_JWT_SECRET",
        "REALTIME_AUTH=jwt REALTIME_JWT_SECRET=short, REALTIME_JWT_SECRET",
        "REALTIME_AUTH=none REALTIME_TICKET_SECRET=short, REALTIME_TICKET_SECRET",
        "REALTIME_TICKET_SECERT=short, REALTIME_TICKET_SECERT",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=http://a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=http://localhost.a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=http://127.a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=https://short:short@a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=http://localhost@a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=file:///short, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=https:///short, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=short, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=https://a.example/{short}, REALTIME_JWKS_URL",
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=https://a.example/keys REALTIME_JWT_SECRET=" + SECRET
                + ", REALTIME_JWKS_URL",
        "REALTIME_JWKS_URL=https://a.example/keys, REALTIME_AUTH",
        "REALTIME_JWT_SECRET=" + SECRET + ", REALTIME_AUTH",
        "REALTIME_ALLOWED_ORIGINS=*, REALTIME_ALLOWED_ORIGINS",
        "REALTIME_ALLOWED_ORIGINS=https://a.example/, REALTIME_ALLOWED_ORIGINS",
        "REALTIME_ALLOWED_ORIGIN=https://a.example, REALTIME_ALLOWED_ORIGIN",
        "REALTIME_TRANSPORT=nope, REALTIME_TRANSPORT",
        "REALTIME_BODIES_MAX_BYTES=0, REALTIME_BODIES_MAX_BYTES",
        "REALTIME_BODIES_MAX_BYTES=6990506, REALTIME_BODIES_MAX_BYTES",
        "REALTIME_BODIES_MAX_BYTES=2147483648, REALTIME_BODIES_MAX_BYTES",
        "REALTIME_BODIES_MAX_BYTES=6990507 REALTIME_MAX_PAYLOAD_BYTES=1048577, REALTIME_BODIES_MAX_BYTES",
        "REALTIME_MAX_STREAMS=0, REALTIME_MAX_STREAMS",
        "REALTIME_MAX_STREAMS_PER_ORG=many, REALTIME_MAX_STREAMS_PER_ORG",
        "REALTIME_MAX_STREAMS_PER_USER=-1, REALTIME_MAX_STREAMS_PER_USER",
        "REALTIME_MAX_STREAMS_PER_ADDRESS=1000001, REALTIME_MAX_STREAMS_PER_ADDRESS",
        "REALTIME_MAX_REPLAYS=0, REALTIME_MAX_REPLAYS",
        "REALTIME_HEARTBEAT_SECONDS=0, REALTIME_HEARTBEAT_SECONDS",
        "REALTIME_HEARTBEAT_SECONDS=31, REALTIME_HEARTBEAT_SECONDS",
        "REALTIME_HEARTBEAT_SECONDS=5s, REALTIME_HEARTBEAT_SECONDS",
        "REALTIME_STREAM_LIFETIME_SECONDS=9, REALTIME_STREAM_LIFETIME_SECONDS",
        "REALTIME_TRUSTED_PROXIES=proxy.example, REALTIME_TRUSTED_PROXIES",
        "REALTIME_TRUSTED_PROXIES=10.0.0.0/8;127.0.0.1, REALTIME_TRUSTED_PROXIES",
    })
    void whatCannotBeUsedNamesItsKey(String assignments, String key) {
        Map<String, String> values = new HashMap<>();
        for (String assignment : assignments.split(" ")) {
            int equals = assignment.indexOf('=');
            values.put(assignment.substring(0, equals), assignment.substring(equals + 1));
        }
        assertThatThrownBy(() -> Gateway.start(Settings.of(values)))
                .isInstanceOfSatisfying(
                        SettingsException.class, e -> assertThat(e.key()).isEqualTo(key))
                .satisfies(
                        e -> assertThat(e.getMessage()).doesNotContain("short").doesNotContain(SECRET));
    }

    @Test
    void tokensHaveKeysOfOneKindAndBothAreNamed() {
        Map<String, String> neither = Map.of("REALTIME_AUTH", "jwt");
        Map<String, String> both = Map.of(
                "REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", SECRET, "REALTIME_JWKS_URL", "https://a.example/keys");
        for (Map<String, String> values : List.of(neither, both)) {
            assertThatThrownBy(() -> GatewaySettings.from(Settings.of(values)))
                    .hasMessageContaining("REALTIME_JWT_SECRET")
                    .hasMessageContaining("REALTIME_JWKS_URL");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://a.example/keys?v=1",
                "HTTPS://A.example:8443/",
                "http://localhost:1/k",
                "http://127.0.0.1:1/k",
                "http://[::1]:1/k"
            })
    void aKeySetIsAskedForOverHttpsOrOnThisMachine(String url) {
        Map<String, String> values = Map.of("REALTIME_AUTH", "jwt", "REALTIME_JWKS_URL", url);
        assertThat(GatewaySettings.from(Settings.of(values)).startKey()).isNull();
    }

    @Test
    void ticketsHaveTheirOwnKeyOrTheTokensOrOnOneProcessAnyAndElseNone() {
        String own = "t".repeat(32);
        Map<String, String> keySet = Map.of(
                "REALTIME_AUTH", "jwt", "REALTIME_JWKS_URL", "https://a.example/keys", "REALTIME_TRANSPORT", "redis");
        assertThat(GatewaySettings.from(Settings.of(keySet)).ticketKey()).isNull();
        Map<String, String> given = new HashMap<>(keySet);
        given.put("REALTIME_TICKET_SECRET", own);
        assertThat(derived(given)).isEqualTo(TicketKey.of(own.getBytes(UTF_8)).derivedFor("x"));

        Map<String, String> tokens = new HashMap<>(
                Map.of("REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", SECRET, "REALTIME_TRANSPORT", "redis"));
        assertThat(derived(tokens))
                .isEqualTo(TicketKey.of(SECRET.getBytes(UTF_8)).derivedFor("x"));
        tokens.put("REALTIME_TICKET_SECRET", own);
        assertThat(derived(tokens)).isEqualTo(derived(given)).isNotEqualTo(own.getBytes(UTF_8));

        assertThat(derived(Map.of())).isNotEqualTo(derived(Map.of()));
    }

    private static byte[] derived(Map<String, String> values) {
        return GatewaySettings.from(Settings.of(values)).ticketKey().derivedFor("x");
    }

    @Test
    void oneOfTheLargestBodiesFitsAtLeast() {
        Map<String, String> values = Map.of("REALTIME_BODIES_MAX_BYTES", "6990507");
        assertThat(GatewaySettings.from(Settings.of(values)).bodyMemoryBytes()).isEqualTo(6_990_507);
        assertThatThrownBy(() -> GatewaySettings.from(Settings.of(Map.of("REALTIME_BODIES_MAX_BYTES", "1000"))))
                .hasMessage("REALTIME_BODIES_MAX_BYTES: '1000' is not allowed; it is a whole number from 6990507 to"
                        + " 2147483647");
    }

    @Test
    void anUnknownKeyNamesTheNearestOne() {
        assertThatThrownBy(() -> GatewaySettings.from(Settings.of(Map.of("REALTIME_AUHT", "none"))))
                .hasMessageContaining("REALTIME_AUTH");
    }

    @Test
    void aPortInUseIsAStartErrorOfOneLine() {
        try (TestGateway gateway = TestGateway.start()) {
            String port = Integer.toString(gateway.gateway().port());
            assertThatThrownBy(() -> Gateway.start(Settings.of(Map.of("PORT", port))))
                    .isInstanceOf(SettingsException.class)
                    .hasMessageStartingWith("PORT: '" + port + "'");
        }
    }
}
