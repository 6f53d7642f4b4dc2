package dev.realtime.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoSettingsTest {

    @Test
    void hasDefaults() {
        assertThat(DemoSettings.from(Map.of())).isEqualTo(new DemoSettings(8080, 8081, 8082));
    }

    @Test
    void takesEachPortFromItsKey() {
        assertThat(DemoSettings.from(Map.of("DEMO_PORT", "1", "DEMO_PORT_A", "2", "DEMO_PORT_B", "65535")))
                .isEqualTo(new DemoSettings(1, 2, 65_535));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "-1", "http", " 80"})
    void namesTheKeyOfWhatIsNoPort(String port) {
        assertThatThrownBy(() -> DemoSettings.from(Map.of("DEMO_PORT_B", port)))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("DEMO_PORT_B")
                .hasMessageContaining("'" + port + "'");
    }

    @Test
    void refusesOnePortForTwo() {
        assertThatThrownBy(() -> DemoSettings.from(Map.of("DEMO_PORT_A", "8080")))
                .isInstanceOf(DemoException.class)
                .hasMessageContaining("different");
    }

    @Test
    void namesTheKeyOfATakenPortInOneLine() throws Exception {
        DemoSettings free = FreePorts.three();
        free.requireFree();
        try (ServerSocket taken = new ServerSocket(free.a(), 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(free::requireFree)
                    .isInstanceOf(DemoException.class)
                    .hasMessageContaining("Port " + taken.getLocalPort())
                    .hasMessageContaining("DEMO_PORT_A")
                    .message()
                    .doesNotContain("\n");
        }
    }
}
