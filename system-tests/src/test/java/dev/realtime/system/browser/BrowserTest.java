package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.GatewayCommand;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.gateway.AuthTest;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.Told;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real browser on gateway A, a publisher on gateway B. Reconnecting is left to the browser. */
class BrowserTest {
    private static Browser browser;
    private static GatewayDatabase database;
    private static GatewayProcess b;

    private final Ledger ledger = new Ledger("default");
    private final Map<String, String> settingsOfA = new HashMap<>();
    private ListeningPage page;
    private GatewayProcess a;
    private Load load;

    @BeforeAll
    static void startBrowser() throws IOException, SQLException {
        browser = Browser.start();
        database = GatewayDatabase.fresh();
        b = GatewayProcess.ready(database.settings());
    }

    @AfterAll
    static void stopBrowser() throws IOException, SQLException {
        if (browser != null) {
            browser.close();
            b.close();
            database.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        page = new ListeningPage(browser);
        settingsOfA.putAll(database.settings());
        settingsOfA.put("REALTIME_ALLOWED_ORIGINS", page.origin());
        settingsOfA.put("PORT", Integer.toString(LoopbackPort.free()));
        a = GatewayProcess.ready(settingsOfA);
        load = new Load(b::client, ledger);
    }

    @AfterEach
    void stop() {
        browser.asBefore();
        page.close();
        a.close();
    }

    @Test
    void aThousandEventsReachThePageOnceAndInOrder() {
        page.listen(a.address());
        publish(500);
        for (int i = 0; i < 50; i++) {
            load.publish(10);
        }
        page.awaitEvents(1_000);

        requireWhole(1);
    }

    @Test
    void thePageGoesOnWhereAKilledGatewayLeftIt() {
        page.listen(a.address());
        publish(200);
        page.awaitEvents(150);
        a.kill();
        publish(200);
        restart();
        publish(100);
        page.awaitEvents(500);

        requireWhole(2);
    }

    @Test
    void thePageGoesOnAfterARestartInGoodOrder() {
        page.listen(a.address());
        publish(200);
        page.awaitEvents(150);
        a.terminate();
        assertThat(a.awaitExit()).isEqualTo(143);
        Patience.until("told of the end", () -> page.count("realtime.close") >= 1);
        publish(200);
        restart();
        publish(100);
        page.awaitEvents(500);

        requireWhole(2);
        assertThat(page.frames().stream().filter(frame -> frame.is("realtime.close")))
                .allMatch(frame -> frame.json().path("reason").asText().equals("draining"));
    }

    @Test
    void theLivePageOpensByThePrintedAddressAndKeepsTheKeyToItself() {
        try (GatewayCommand unsaid = GatewayCommand.start(Map.of("PORT", "0"), "serve")) {
            URI address = AuthTest.printedAddress(unsaid);
            browser.show(address);
            Patience.until(
                    "the stream is open", () -> browser.text("#stream-state").equals("stream open"));
            assertThat(browser.script("return location.href"))
                    .isEqualTo(address.resolve("/").toString());
            assertThat(browser.script("return document.cookie")).isEqualTo("");
            browser.script("document.querySelector('#publish button').click()");
            Patience.until("the form publishes", () -> browser.text("#answer").startsWith("Committed at "));
            Patience.until("the event is there", () -> browser.text("#count").equals("1"));

            browser.script("import('/realtime/realtime.js').then(({ Realtime }) => {"
                    + " const rt = new Realtime(); rt.on('event', ({ event }) => { document.title = event; });"
                    + " rt.on('live', () =>"
                    + " fetch('/realtime/events', { method: 'POST', headers: { 'Content-Type': 'application/json' },"
                    + " body: '{\"event\":\"by.script\"}' })); })");
            Patience.until(
                    "realtime.js hears",
                    () -> browser.script("return document.title").equals("by.script"));

            browser.show(address.resolve("/"));
            Patience.until(
                    "the cookie opens it again",
                    () -> browser.text("#stream-state").equals("stream open"));
        }
    }

    @Test
    void theLivePageShowsWhatHappens() {
        browser.show(a.address());
        Patience.until("the stream is open", () -> browser.text("#stream-state").equals("stream open"));
        Patience.until("the state is told", () -> browser.text("#state").equals("LIVE"));
        browser.screenshot("live-page-empty");
        publish(30);
        b.client()
                .publish("{\"event\":\"orders.updated\",\"topic\":\"resource:orders\",\"payload\":"
                        + "{\"action\":\"update\",\"id\":\"42\",\"note\":\"<b>größer</b> \uD83D\uDE80\"}}");
        Patience.until("31 events", () -> browser.text("#count").equals("31"));
        assertThat(browser.text("#events")).contains("<b>größer</b> \uD83D\uDE80");
        browser.script("document.querySelector('#publish button').click()");
        Patience.until("the form publishes", () -> browser.text("#answer").startsWith("Committed at "));
        Patience.until("32 events", () -> browser.text("#count").equals("32"));
        browser.screenshot("live-page");
        browser.prefer("dark");
        browser.screenshot("live-page-dark");
        browser.resize(420, 900);
        browser.screenshot("live-page-narrow");
        assertThat(browser.script("return document.documentElement.scrollWidth <= innerWidth"))
                .as("nothing sticks out")
                .isEqualTo(true);
        assertThat(browser.errors())
                .filteredOn(error -> error.contains(a.address().getAuthority()))
                .isEmpty();

        browser.resize(1_280, 900);
        browser.prefer("light");
        a.terminate();
        a.awaitExit();
        Patience.until("it is unreachable", () -> browser.text("#state").equals("unreachable"));
        browser.screenshot("live-page-gone");
        restart();
        Patience.until("it is back", () -> browser.text("#stream-state").equals("stream open"));
        publish(1);
        Patience.until("33 events", () -> browser.text("#count").equals("33"));
        browser.screenshot("live-page-back");
    }

    @Test
    void theLivePageAsksHowItIsWheneverItsStreamChanges() {
        browser.beforeEachPage("window.setInterval = () => 0");
        browser.show(a.address());
        Patience.until("the state is told", () -> browser.text("#state").equals("LIVE"));
        String before = browser.text("#instance");
        a.kill();
        Patience.until("it is unreachable", () -> browser.text("#state").equals("unreachable"));
        restart();
        Patience.until("it is live again", () -> browser.text("#state").equals("LIVE"));
        assertThat(browser.text("#instance")).isNotEqualTo(before);
    }

    private void publish(int events) {
        for (int left = events; left > 0; left -= 50) {
            load.publish(Math.min(50, left));
        }
    }

    private void restart() {
        a.close();
        a = GatewayProcess.ready(settingsOfA);
    }

    /** All of it, over so many connections, of which all but the first resumed. */
    private void requireWhole(int connections) {
        List<Frame> frames = page.frames();
        assertThat(ledger.faults(Told.by(frames))).isEmpty();
        assertThat(frames.stream().filter(frame -> frame.is("realtime.gap"))).isEmpty();
        List<Frame> opens =
                frames.stream().filter(frame -> frame.is("realtime.open")).toList();
        assertThat(opens).hasSize(connections);
        assertThat(opens.stream().skip(1))
                .allMatch(open -> open.json().path("resumed").asBoolean());
        assertThat(browser.script("return stream.readyState")).isEqualTo(1L);
    }
}
