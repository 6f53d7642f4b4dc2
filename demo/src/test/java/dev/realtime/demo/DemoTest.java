package dev.realtime.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DemoTest {

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void carriesEventsAndLeavesNothingBehindHoweverItEnds() throws Exception {
        DemoSettings ports = FreePorts.three();
        Map<String, String> notForGateways = Map.of("DATABASE_URL", "nonsense", "REALTIME_NONSENSE", "1", "PORT", "1");

        try (DemoChild demo = DemoChild.started(ports, notForGateways)) {
            assertThat(demo.page()).contains(":" + ports.a(), ":" + ports.b()).doesNotContain("{{");
            assertThat(demo.folders()).hasSize(1);
            assertThat(demo.family().stream().filter(DemoChild::runs))
                    .hasSizeGreaterThan(5); // itself, a guardian, two gateways, Postgres, its workers
            demo.carry(ports.a(), ports.b());
            demo.carry(ports.b(), ports.a());
            demo.stop();
            demo.awaitNothingLeft();
        }

        try (DemoChild second = DemoChild.started(ports, Map.of())) {
            second.carry(ports.a(), ports.b());
            second.kill();
            second.awaitNothingLeft();
        }
    }
}
