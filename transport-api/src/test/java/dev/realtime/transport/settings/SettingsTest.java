package dev.realtime.transport.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private static final SettingKey TOKEN = SettingKey.secret("REDIS_TOKEN");

    private static Settings with(String key, String value) {
        return Settings.of(Map.of(key, value));
    }

    @Test
    void hasDefaults() {
        Settings settings = Settings.of(Map.of());

        assertThat(settings.transport()).isEqualTo("memory");
        assertThat(settings.keyPrefix()).isEqualTo("realtime");
        assertThat(settings.replayWindow()).isEqualTo(Duration.ofMinutes(10));
        assertThat(settings.maxPayloadBytes()).isEqualTo(1_048_576);
        assertThat(settings.flag(SettingKey.plain("X"), true)).isTrue();
    }

    @Test
    void emptyIsUnset() {
        Settings settings = with("REALTIME_TRANSPORT", "");

        assertThat(settings.transport()).isEqualTo("memory");
        assertThat(settings.get(Settings.TRANSPORT)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "REALTIME_TRANSPROT, REALTIME_TRANSPORT",
        "REALTIME_PLUGIN_DIR, REALTIME_PLUGINS_DIR",
        "REALTIME_REPLAY_WINDOW, REALTIME_REPLAY_WINDOW_SECONDS",
        "REALTIME_KEYPREFIX, REALTIME_KEY_PREFIX",
        "REALTIME_, REALTIME_BACKEND",
    })
    void unknownKeyNamesTheNearest(String unknown, String nearest) {
        assertThatThrownBy(() -> with(unknown, "x").requireKnown(Settings.CORE))
                .isInstanceOfSatisfying(SettingsException.class, refused -> {
                    assertThat(refused.key()).isEqualTo(unknown);
                    assertThat(refused).hasMessage(unknown + ": is not a known setting; the nearest one is " + nearest);
                });
    }

    @Test
    void keysOfOthersAreNoneOfOurBusiness() {
        Settings settings = Settings.of(Map.of("PATH", "/bin", "REALTIME_TRANSPORT", "redis", "realtime_x", "y"));

        assertThatCode(() -> settings.requireKnown(Settings.CORE)).doesNotThrowAnyException();
        assertThatThrownBy(() -> settings.requireKnown(Set.of())).isInstanceOf(SettingsException.class);
    }

    @ParameterizedTest
    @CsvSource({
        // Kubernetes, for a service realtime
        "REALTIME_SERVICE_HOST, 10.96.12.7",
        "REALTIME_SERVICE_HOST, fd00:10:96::7",
        "REALTIME_SERVICE_PORT, 8080",
        "REALTIME_SERVICE_PORT_HTTP, 8080",
        "REALTIME_SERVICE_PORT_HTTP_2, 8443",
        "REALTIME_PORT, tcp://10.96.12.7:8080",
        "REALTIME_PORT, tcp://[fd00:10:96::7]:8080",
        "REALTIME_PORT_8080_TCP, tcp://10.96.12.7:8080",
        "REALTIME_PORT_8080_TCP_PROTO, tcp",
        "REALTIME_PORT_8080_TCP_PORT, 8080",
        "REALTIME_PORT_8080_TCP_ADDR, 10.96.12.7",
        "REALTIME_PORT_53_UDP, udp://10.96.12.7:53",
        "REALTIME_PORT_9_SCTP_PROTO, sctp",
        // for services realtime-gateway, realtime-1 and realtime-max-streams
        "REALTIME_GATEWAY_SERVICE_HOST, 10.96.12.7",
        "REALTIME_GATEWAY_SERVICE_PORT_METRICS, 9090",
        "REALTIME_GATEWAY_PORT, tcp://10.96.12.7:8080",
        "REALTIME_GATEWAY_PORT_443_TCP_ADDR, 10.96.12.7",
        "REALTIME_1_PORT_8080_TCP, tcp://10.96.12.7:8080",
        "REALTIME_MAX_STREAMS_SERVICE_PORT, 80",
        // links of Docker
        "REALTIME_NAME, /web/realtime",
        "REALTIME_1_NAME, /app_web_1/realtime_1",
        "REALTIME_PORT_8080_TCP_START, tcp://172.17.0.5:8080",
        "REALTIME_PORT_8080_TCP_PORT_END, 8090",
    })
    void whatAnOrchestratorSetsForAServiceIsNoSetting(String name, String value) {
        assertThatCode(() -> with(name, value).requireKnown(Settings.CORE)).doesNotThrowAnyException();
    }

    @Test
    void norIsTheEnvironmentOfALinkedContainer() {
        Map<String, String> linked = Map.of("REALTIME_NAME", "/web/realtime", "REALTIME_ENV_JAVA_VERSION", "17");
        assertThatCode(() -> Settings.of(linked).requireKnown(Settings.CORE)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "REALTIME_PORT, 8080",
        "REALTIME_PORT, http://10.96.12.7:8080",
        "REALTIME_SERVICE_HOTS, 10.96.12.7",
        "REALTIME_SERVICE_PORT, many",
        "REALTIME_SERVICE, 10.96.12.7",
        "REALTIME_HOST, 10.96.12.7",
        "REALTIME_PORT_8080_TCP_PROTO, http",
        "REALTIME_PORT_8080_TPC, tcp://10.96.12.7:8080",
        "REALTIME_NAME, realtime",
        "REALTIME_ENV_JAVA_VERSION, 17",
        "REALTIME_AUTH_PORT, none",
    })
    void whatOnlyLooksLikeItIsRefused(String name, String value) {
        assertThatThrownBy(() -> with(name, value).requireKnown(Settings.CORE))
                .isInstanceOfSatisfying(
                        SettingsException.class,
                        refused -> assertThat(refused.key()).isEqualTo(name));
    }

    @Test
    void backendIsTheOlderNameOfTransport() {
        assertThat(with("REALTIME_BACKEND", "redis").transport()).isEqualTo("redis");
        assertThat(with("REALTIME_TRANSPORT", "redis").transport()).isEqualTo("redis");
        assertThat(Settings.of(Map.of("REALTIME_BACKEND", "redis", "REALTIME_TRANSPORT", "redis"))
                        .transport())
                .isEqualTo("redis");
        assertThat(Settings.of(Map.of("REALTIME_BACKEND", "", "REALTIME_TRANSPORT", "redis"))
                        .transport())
                .isEqualTo("redis");
    }

    @Test
    void backendAndTransportMayNotDiffer() {
        Settings both = Settings.of(Map.of("REALTIME_BACKEND", "memory", "REALTIME_TRANSPORT", "redis"));

        assertThatThrownBy(both::transport)
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("'redis'")
                .hasMessageContaining("'memory'")
                .hasMessageContaining("REALTIME_BACKEND");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "2592001", "99999999999", "600s", "1e3", " 600", "0x10", "6.0", "ten"})
    void windowOutOfRangeIsRefused(String value) {
        assertThatThrownBy(() -> with("REALTIME_REPLAY_WINDOW_SECONDS", value).replayWindow())
                .isInstanceOf(SettingsException.class)
                .hasMessage("REALTIME_REPLAY_WINDOW_SECONDS: '" + value
                        + "' is not allowed; it is a whole number from 1 to 2592000");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2592000, 2592000"})
    void windowAtItsBoundsIsTaken(String value, long seconds) {
        assertThat(with("REALTIME_REPLAY_WINDOW_SECONDS", value).replayWindow()).isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void publishersAreRefusedUnlessTheyAreToWait() {
        assertThat(Settings.of(Map.of()).patienceWhenFull()).isZero();
        assertThat(with("REALTIME_WHEN_FULL", "refuse").patienceWhenFull()).isZero();
        assertThat(with("REALTIME_WHEN_FULL", "wait").patienceWhenFull()).isEqualTo(Duration.ofSeconds(10));
        assertThat(Settings.of(Map.of("REALTIME_WHEN_FULL", "wait", "REALTIME_WHEN_FULL_WAIT_SECONDS", "300"))
                        .patienceWhenFull())
                .isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void otherAnswersToAFullQueueAreRefused() {
        assertThatThrownBy(() -> with("REALTIME_WHEN_FULL", "block").patienceWhenFull())
                .hasMessage("REALTIME_WHEN_FULL: 'block' is not allowed; it is refuse or wait");
        assertThatThrownBy(() -> with("REALTIME_WHEN_FULL_WAIT_SECONDS", "301").patienceWhenFull())
                .hasMessage(
                        "REALTIME_WHEN_FULL_WAIT_SECONDS: '301' is not allowed; it is a whole number from 1 to 300");
        assertThatThrownBy(() -> with("REALTIME_WHEN_FULL_WAIT_SECONDS", "5").patienceWhenFull())
                .hasMessage(
                        "REALTIME_WHEN_FULL_WAIT_SECONDS: is set, but without REALTIME_WHEN_FULL=wait nobody waits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1023", "16777217"})
    void payloadBoundOutOfRangeIsRefused(String value) {
        assertThatThrownBy(() -> with("REALTIME_MAX_PAYLOAD_BYTES", value).maxPayloadBytes())
                .isInstanceOf(SettingsException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"A", "1a", "_a", "a-b", "a b", "a:b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u00e9"})
    void otherPrefixesAreRefused(String value) {
        assertThatThrownBy(() -> with("REALTIME_KEY_PREFIX", value).keyPrefix()).isInstanceOf(SettingsException.class);
        assertThat(with("REALTIME_KEY_PREFIX", "a_1").keyPrefix()).isEqualTo("a_1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRUE", "yes", "1", "on", "t"})
    void flagsAreTrueOrFalse(String value) {
        SettingKey key = SettingKey.plain("REALTIME_MIGRATE");

        assertThatThrownBy(() -> with(key.name(), value).flag(key, true)).hasMessageContaining("true or false");
        assertThat(with(key.name(), "false").flag(key, true)).isFalse();
        assertThat(with(key.name(), "true").flag(key, false)).isTrue();
    }

    @Test
    void secretsAreNeverShown() {
        Settings settings = with("REDIS_TOKEN", "hunter2");

        assertThat(settings.refused(TOKEN, "no")).hasMessage("REDIS_TOKEN: the value is not allowed; no");
        assertThatThrownBy(() -> settings.integer(TOKEN, 1, 1, 2)).message().doesNotContain("hunter2");
        assertThat(settings).hasToString("Settings[REDIS_TOKEN]");
    }

    @Test
    void whatIsRequiredSaysWhy() {
        assertThatThrownBy(() -> Settings.of(Map.of()).require(TOKEN, "redis needs it"))
                .hasMessage("REDIS_TOKEN: is not set; redis needs it");
        assertThat(with("REDIS_TOKEN", "x").require(TOKEN, "")).isEqualTo("x");
    }
}
