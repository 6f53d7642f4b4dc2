package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.settings.Settings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GatewayMainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Map<String, String> settings, String... args) {
        return GatewayMain.run(Settings.of(settings), new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "serve", "publish", "tail", "migrate", "doctor"})
    void helpIsEverywhere(String command) {
        int exit = command.isEmpty() ? run(Map.of(), "--help") : run(Map.of(), command, "--help");
        assertThat(exit).isZero();
        assertThat(out.toString()).contains("Usage: realtime-gateway");
        if (command.isEmpty()) {
            assertThat(out.toString()).contains("serve", "publish", "tail", "migrate", "doctor");
        }
    }

    @Test
    void publishPrintsIdAndCursor() {
        assertThat(run(Map.of(), "publish", "orders.updated", "--id", "e1", "--payload", "{\"a\":1}"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).matches("e1 \\S+-1-[0-9a-f]+\\R");
    }

    @Test
    void doctorAndMigrateSayHowTheTransportIs() {
        assertThat(run(Map.of(), "doctor")).isZero();
        assertThat(out.toString()).contains("transport  memory", "state      LIVE");
        assertThat(run(Map.of(), "migrate")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "publish e", "tail", "migrate", "doctor"})
    void wrongSettingsAreOneLineAndExitTwo(String command) {
        assertThat(run(Map.of("REALTIME_TRANSPORTS", "x"), command.split(" "))).isEqualTo(2);
        assertThat(err.toString()).matches("realtime-gateway: REALTIME_TRANSPORTS: .*\\R");
    }

    @Test
    void wrongArgumentsExitTwo() {
        assertThat(run(Map.of(), "publish")).isEqualTo(2);
        assertThat(run(Map.of(), "publish", "realtime.x")).isEqualTo(2);
        assertThat(run(Map.of(), "nope")).isEqualTo(2);
    }
}
