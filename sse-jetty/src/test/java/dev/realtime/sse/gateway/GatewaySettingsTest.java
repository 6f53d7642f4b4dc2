package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.Settings;
import dev.realtime.transport.SettingsException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewaySettingsTest {
    private static final String SECRET = TestGateway.SECRET;

    @Test
    void defaultsAreLoopbackWithoutAuth() {
        GatewaySettings settings = GatewaySettings.from(Settings.of(Map.of()));
        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isEqualTo(8080);
        assertThat(settings.open()).isTrue();
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
        "REALTIME_AUTH=jwt REALTIME_JWKS_URL=https://a.example/keys, REALTIME_JWKS_URL",
        "REALTIME_JWT_SECRET=" + SECRET + ", REALTIME_AUTH",
        "REALTIME_ALLOWED_ORIGINS=*, REALTIME_ALLOWED_ORIGINS",
        "REALTIME_ALLOWED_ORIGINS=https://a.example/, REALTIME_ALLOWED_ORIGINS",
        "REALTIME_ALLOWED_ORIGIN=https://a.example, REALTIME_ALLOWED_ORIGIN",
        "REALTIME_TRANSPORT=nope, REALTIME_TRANSPORT",
        "REALTIME_MAX_STREAMS=0, REALTIME_MAX_STREAMS",
        "REALTIME_MAX_STREAMS_PER_ORG=many, REALTIME_MAX_STREAMS_PER_ORG",
        "REALTIME_MAX_STREAMS_PER_USER=-1, REALTIME_MAX_STREAMS_PER_USER",
        "REALTIME_MAX_STREAMS_PER_ADDRESS=1000001, REALTIME_MAX_STREAMS_PER_ADDRESS",
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
