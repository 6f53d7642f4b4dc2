package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.Gateway;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.Nginx;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class Fault24BufferingProxyTest {
    private static final Duration PROMISED = Duration.ofMillis(200);
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);
    private static final int ONE_BY_ONE = 20;
    private static final int AT_ONCE = 1_000;

    private final Ledger ledger = new Ledger("default");

    @Test
    @Fault(24)
    void nginxWithItsDefaultsHoldsNoEventBackAndCarriesResumesAndHeartbeats() throws IOException {
        Settings settings = Settings.of(Map.of("REALTIME_TRANSPORT", "memory", "REALTIME_AUTH", "none", "PORT", "0"));
        try (Gateway gateway = Gateway.start(settings, options -> options.withHeartbeat(HEARTBEAT));
                Nginx nginx = Nginx.inFrontOf(gateway.address());
                SseReader stream = SseReader.open(nginx.address(), GatewayPair.STREAM);
                SseReader quiet = SseReader.open(nginx.address(), "/realtime/stream?topics=none")) {
            Load load = new Load(() -> new GatewayClient(nginx.address(), Map.of()), ledger);
            for (int i = 0; i < ONE_BY_ONE; i++) {
                load.publish(1);
                String id = ledger.ids().get(i);
                Patience.within(PROMISED, "event " + i, () -> stream.has(id));
            }
            load.publish(AT_ONCE);
            stream.awaitEvents(ONE_BY_ONE + AT_ONCE);
            String cursor = ledger.cursorOf(ledger.ids().get(ledger.size() - 1));
            quiet.await("a heartbeat", frame -> frame.isHeartbeat() && cursor.equals(frame.id()));

            String early = ledger.cursorOf(ledger.ids().get(9));
            try (SseReader resumed = SseReader.resume(nginx.address(), GatewayPair.STREAM, early)) {
                resumed.awaitEvents(ledger.size() - 10);
                load.publish(1);
                resumed.awaitEvents(ledger.size() - 10);
                stream.awaitEvents(ledger.size());

                ledger.requireWhole(stream, resumed);
                assertThat(resumed.named("realtime.open").get(0).id()).isEqualTo(early);
                assertThat(resumed.gaps()).isEmpty();
            }
            assertThat(stream.named("realtime.open")).hasSize(1);
        }
    }
}
