package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.RedisPrefix;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.testkit.servers.TestRedis;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two processes on one Redis. */
class RedisGatewaysTest {
    private static final String STREAM = "/realtime/stream";
    private static final int AHEAD = 2_000;

    private final Ledger ledger = new Ledger("default");
    private final RedisPrefix redis =
            new RedisPrefix(TestRedis.shared().url(), TestRedis.shared().freshPrefix());
    private GatewayProcess a;
    private GatewayProcess b;

    @BeforeEach
    void start() {
        a = GatewayProcess.starting(redis.settings());
        b = GatewayProcess.starting(redis.settings());
        a.awaitReady();
        b.awaitReady();
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        redis.close();
    }

    @Test
    void eventsReachBothOnceAndWhoIsKilledLosesNobody() {
        Load load = new Load(() -> (b.isAlive() ? b : a).client(), ledger);
        try (SseReader onA = SseReader.open(a.address(), STREAM);
                SseReader moves = SseReader.open(b.address(), STREAM)) {
            for (int round = 0; round < 5; round++) {
                load.publish(900);
                for (int i = 0; i < 100; i++) {
                    load.publish(1);
                }
                onA.awaitEvents(ledger.size() - AHEAD);
                moves.awaitEvents(ledger.size() - AHEAD);
            }
            onA.awaitEvents(5_000);
            moves.awaitEvents(5_000);
            ledger.requireWhole(onA);
            ledger.requireWhole(moves);

            Thread killer = new Thread(() -> {
                moves.awaitEvents(5_100);
                b.kill();
            });
            killer.start();
            while (b.isAlive()) {
                load.publish(10);
                onA.awaitEvents(ledger.size() - AHEAD);
            }
            assertThat(moves.awaitEnd()).isEqualTo(SseReader.End.CUT);
            load.publish(100);
            moves.connect(a.address());
            moves.awaitLive();
            load.publish(1);
            onA.awaitEvents(ledger.size());
            moves.awaitEvents(ledger.size());

            ledger.requireWhole(onA);
            ledger.requireWhole(moves);
            assertThat(onA.named("realtime.gap")).isEmpty();
            assertThat(moves.named("realtime.gap")).isEmpty();
            assertThat(redis.logged("default"))
                    .as("nothing was published again")
                    .isEqualTo(ledger.size());
        }
    }
}
