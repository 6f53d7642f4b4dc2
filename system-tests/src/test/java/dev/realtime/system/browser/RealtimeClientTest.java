package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.browser.ScriptedFront.Asked;
import dev.realtime.system.equipment.Beside;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** realtime.js in a real browser, over HTTP/1.1. */
class RealtimeClientTest {
    /** A page of the gateway's own origin, without a stream of its own. */
    private static final String PAGE = "/healthz";

    private static Browser browser;
    private static GatewayDatabase database;
    private static GatewayProcess gateway;

    private final Ledger ledger = new Ledger("default");
    private final Load load = new Load(gateway::client, ledger);
    private final ListeningTabs tabs = new ListeningTabs(browser);

    @BeforeAll
    static void startBrowser() throws IOException, SQLException {
        browser = Browser.start();
        database = GatewayDatabase.fresh();
        gateway = GatewayProcess.ready(database.settings());
    }

    @AfterAll
    static void stopBrowser() throws IOException, SQLException {
        if (browser != null) {
            browser.close();
            gateway.close();
            database.close();
        }
    }

    @AfterEach
    void closeTabs() {
        browser.asBefore();
    }

    @Test
    void eightTabsHoldOneConnectionAndAnotherGoesOnWithIt() {
        for (int i = 0; i < 8; i++) {
            tabs.open(gateway.address().resolve(PAGE), "{}");
        }
        publish(100);
        tabs.awaitEvents(100);
        assertThat(streams()).isEqualTo(1);
        assertThat(tabs.leaders()).containsExactly(0);

        CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> publish(150), Beside.THREADS);
        tabs.close(0);
        publishing.join();
        publish(50);
        tabs.awaitEvents(300);
        tabs.requireWhole(ledger);
        assertThat(tabs.leaders()).hasSize(1);
        Patience.until("one stream is left", () -> streams() == 1);
    }

    @Test
    void aBadGatewayThenARefusedTokenThenItGoesOnFromItsCursor() throws IOException {
        try (ScriptedFront front = new ScriptedFront(gateway.address())) {
            tabs.open(front.resolve(PAGE), "{ token: () => `token-${(tokens += 1)}` }");
            publish(20);
            tabs.awaitEvents(20);
            String last = ledger.cursorOf(ledger.ids().get(19));
            front.answerNext(List.of(502, 401));
            front.cut();
            publish(20);
            tabs.awaitEvents(40);

            tabs.requireWhole(ledger);
            assertThat(front.asked())
                    .containsExactly(
                            new Asked(null, "Bearer token-1"),
                            new Asked(last, "Bearer token-2"),
                            new Asked(last, "Bearer token-3"),
                            new Asked(last, "Bearer token-4"));
        }
    }

    @Test
    void aKilledServerLosesNothing() {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.put("PORT", Integer.toString(LoopbackPort.free()));
        try (GatewayProcess killed = GatewayProcess.ready(settings)) {
            URI page = killed.address().resolve(PAGE);
            tabs.open(page, "{}");
            tabs.open(page, "{}");
            publish(100);
            tabs.awaitEvents(50);
            killed.kill();
            killed.awaitExit();
            publish(100);
        }
        try (GatewayProcess restarted = GatewayProcess.ready(settings)) {
            publish(100);
            tabs.awaitEvents(300);
            tabs.requireWhole(ledger);
            assertThat(restarted.isAlive()).isTrue();
        }
    }

    private void publish(int events) {
        for (int left = events; left > 0; left -= 10) {
            load.publish(Math.min(10, left));
        }
    }

    private static int streams() {
        return gateway.client()
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("realtime_streams "))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }
}
