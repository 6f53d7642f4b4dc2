package dev.realtime.system.crowd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.Gateway;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Soak;
import dev.realtime.system.ledger.SteadyPublisher;
import dev.realtime.transport.settings.Settings;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Clients come and go in thousands while events are published: each gets every event after its stream's start, once and
 * in order, up to where it leaves. {@code mvn -Psoak} for 10,000 of them.
 */
class HandoverStormTest {
    private static final int AT_ONCE = 100;
    private static final int EVENTS_PER_SECOND = 1_000;
    private static final int REACH = 150;
    private static final int MOST_READ = 400;

    @Test
    void onMemory() throws IOException {
        storm(Map.of("REALTIME_TRANSPORT", "memory"), Soak.times(1_000, 10_000));
    }

    @Test
    void onPostgres() throws IOException, SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh()) {
            storm(database.settings(), Soak.times(500, 10_000));
        }
    }

    private static void storm(Map<String, String> transport, int connects) throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Map<String, String> settings = new HashMap<>(transport);
        settings.put("PORT", "0");
        settings.put("REALTIME_AUTH", "none");
        try (Gateway gateway = Gateway.start(Settings.of(settings))) {
            long begun = System.nanoTime();
            SteadyPublisher publisher = SteadyPublisher.start(gateway.pubSub(), EVENTS_PER_SECOND);
            List<Visit> visits;
            try (publisher) {
                visits = new Visitors(gateway.port(), AT_ONCE, () -> visit(random, publisher)).come(connects);
                // A client that left is heard of by the events that are still written to it.
                Patience.until("nobody is left behind", () -> gateway.streams() == 0);
            }
            double seconds = (System.nanoTime() - begun) / 1e9;

            assertThat(visits).hasSize(connects);
            assertThat(visits.stream().flatMap(visit -> visit.faults(publisher.log()).stream()))
                    .as("faults, seed %s", seed)
                    .isEmpty();
            long handedOver = visits.stream().filter(Visit::wasHandedOver).count();
            long events = visits.stream().mapToLong(Visit::events).sum();
            System.out.printf(
                    "%s: %,d connects in %.1f s, %,d handed over, %,d events read, %,.0f events/s published, log of %,d%n",
                    gateway.pubSub().transportName(),
                    connects,
                    seconds,
                    handedOver,
                    events,
                    publisher.achievedPerSecond(),
                    publisher.log().size());
            assertThat(handedOver).as("reached live").isGreaterThan(connects / 5);
            assertThat(publisher.achievedPerSecond()).isGreaterThan(EVENTS_PER_SECOND / 2.0);
        }
    }

    /** A third of them fresh, most of the others from a recent event, some from the first. */
    private static Visit visit(Random random, SteadyPublisher publisher) {
        String cursor = switch (random.nextInt(6)) {
            case 0, 1 -> null;
            case 2 -> publisher.first();
            default -> publisher.recent(random, REACH);
        };
        return new Visit(cursor, 1 + random.nextInt(MOST_READ));
    }
}
