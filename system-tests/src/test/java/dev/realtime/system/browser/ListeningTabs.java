package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.realtime.system.equipment.GatewayClient;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Told;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Tabs of one browser, each of which listens through realtime.js. Not thread-safe. */
final class ListeningTabs {
    /** Keeps all that it is told; the waits before the first contact are short. */
    private static final String LISTEN = """
            window.told = [];
            window.tokens = 0;
            return import('/realtime/realtime.js').then(({ Realtime }) => {
              window.rt = new Realtime({ retryMs: 200, ...(%s) });
              for (const type of ['open', 'event', 'gap', 'live', 'state', 'warning', 'close']) {
                rt.on(type, (detail) => told.push({ type, ...detail, payload: undefined }));
              }
            });
            """;

    private final Browser browser;
    private final List<String> tabs = new ArrayList<>();

    ListeningTabs(Browser browser) {
        this.browser = browser;
    }

    /** Opens this page in a new tab, and returns when its stream is live. */
    void open(URI page, String options) {
        tabs.add(browser.openTab());
        browser.show(page);
        browser.script(LISTEN.formatted(options));
        Patience.until(
                "the tab is live", () -> browser.script("return rt.state").equals("live"));
    }

    /** Returns when every tab has been told so many events. */
    void awaitEvents(int number) {
        for (String tab : tabs) {
            browser.turnTo(tab);
            Patience.until(
                    number + " events in a tab",
                    () -> (Long) browser.script("return told.filter((each) => each.type === 'event').length")
                            >= number);
        }
    }

    /** Returns when every tab has been told that it ends for good, for this reason. */
    void awaitEnd(String reason) {
        for (String tab : tabs) {
            browser.turnTo(tab);
            Patience.until(
                    "the tab has ended",
                    () -> browser.script(
                                    "return rt.state === 'closed' && told.find((each) => each.type === 'close').reason")
                            .equals(reason));
        }
    }

    /** Returns when one of the tabs is live by a connection of its own. */
    void awaitLeader() {
        Patience.until(
                "another tab leads",
                () -> leaders().stream().anyMatch(tab -> {
                    browser.turnTo(tabs.get(tab));
                    return browser.script("return rt.state").equals("live");
                }));
    }

    /** Which tabs hold a connection, counted from 0. */
    List<Integer> leaders() {
        List<Integer> leaders = new ArrayList<>();
        for (int i = 0; i < tabs.size(); i++) {
            browser.turnTo(tabs.get(i));
            if (browser.script("return rt.leading").equals(true)) {
                leaders.add(i);
            }
        }
        return leaders;
    }

    /** Closes this tab, without a word to its page. */
    void close(int tab) {
        browser.turnTo(tabs.remove(tab));
        browser.closeTab();
        browser.turnTo(tabs.get(0));
    }

    /** Fails unless every tab was told all that is in the ledger, once and in order, and of no gap. */
    void requireWhole(Ledger ledger) {
        for (String tab : tabs) {
            browser.turnTo(tab);
            List<Told> told = told();
            assertThat(told).noneMatch(Told.Gap.class::isInstance);
            assertThat(ledger.faults(told)).isEmpty();
        }
    }

    private List<Told> told() {
        List<Told> told = new ArrayList<>();
        for (JsonNode each : GatewayClient.parsed((String) browser.script("return JSON.stringify(told)"))) {
            switch (each.path("type").asText()) {
                case "open" -> told.add(new Told.Opened(text(each, "cursor")));
                case "event" ->
                    told.add(new Told.Event(
                            text(each, "organisation"),
                            text(each, "id"),
                            text(each, "cursor"),
                            each.path("provisional").asBoolean()));
                case "gap" ->
                    told.add(new Told.Gap(
                            text(each, "reason"), text(each, "requested"), text(each, "floor"), text(each, "head")));
                default -> {}
            }
        }
        return told;
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).textValue();
    }
}
