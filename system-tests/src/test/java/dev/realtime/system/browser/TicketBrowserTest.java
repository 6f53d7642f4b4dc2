package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.Told;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real browser whose EventSource has a ticket: it comes back by itself, with the same URL. */
class TicketBrowserTest {
    private static Browser browser;
    private static GatewayDatabase database;

    private final Tokens tokens = new Tokens();

    @BeforeAll
    static void start() throws IOException, SQLException {
        browser = Browser.start();
        database = GatewayDatabase.fresh();
    }

    @AfterAll
    static void stop() throws IOException, SQLException {
        if (browser != null) {
            browser.close();
            database.close();
        }
    }

    @Test
    void aPageWithAUsedTicketComesBackByItsCookieAndLosesNothing() throws IOException {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.put("REALTIME_AUTH", "jwt");
        settings.put("REALTIME_JWT_SECRET", tokens.secret());
        String token = tokens.of("acme");
        Ledger ledger = new Ledger("acme");
        try (ListeningPage page = new ListeningPage(browser);
                GatewayProcess b = GatewayProcess.ready(settings)) {
            settings.put("REALTIME_ALLOWED_ORIGINS", page.origin());
            settings.put("PORT", Integer.toString(LoopbackPort.free()));
            Load load = new Load(() -> b.client(token), ledger);
            try (GatewayProcess killed = GatewayProcess.ready(settings)) {
                page.listen(killed.address(), "?ticket=" + killed.client(token).ticket());
                load.publish(50);
                page.awaitEvents(30);
                killed.kill();
                killed.awaitExit();
            }
            load.publish(50);
            try (GatewayProcess restarted = GatewayProcess.ready(settings)) {
                load.publish(50);
                page.awaitEvents(150);

                assertThat(ledger.faults(Told.by(page.frames()))).isEmpty();
                List<Frame> opens = page.frames().stream()
                        .filter(frame -> frame.is("realtime.open"))
                        .toList();
                assertThat(opens).hasSize(2);
                assertThat(opens.get(1).json().path("resumed").asBoolean()).isTrue();
                assertThat(page.frames().stream().filter(frame -> frame.is("realtime.gap")))
                        .isEmpty();
                assertThat(restarted.isAlive()).isTrue();
            }
        } finally {
            browser.asBefore();
        }
    }
}
