package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Tokens;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tabs of one browser in which one after the other logs in, in a real browser. */
class CallersInTabsTest {
    private static final Tokens TOKENS = new Tokens();
    private static Browser browser;
    private static GatewayProcess gateway;
    private static URI page;

    private final ListeningTabs annsTabs = new ListeningTabs(browser);
    private final ListeningTabs bobsTabs = new ListeningTabs(browser);
    private final Ledger acme = new Ledger("acme");
    private final Ledger other = new Ledger("other");

    /** How a page shows who it is, as the options of realtime.js. */
    enum Shown {
        COOKIE("(document.cookie = 'realtime_token=%s; path=/', {})"),
        TOKEN("{ key: 'k', token: () => '%s' }"),
        TICKET("""
                { key: 'k', ticket: async () => {
                  const headers = { Authorization: 'Bearer %s' };
                  return (await (await fetch('/realtime/tickets', { method: 'POST', headers })).json()).ticket;
                } }
                """);

        private final String options;

        Shown(String options) {
            this.options = options;
        }

        String as(String token) {
            return options.formatted(token);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
        gateway = GatewayProcess.ready(
                Map.of("REALTIME_TRANSPORT", "memory", "REALTIME_AUTH", "jwt", "REALTIME_JWT_SECRET", TOKENS.secret()));
        page = gateway.address().resolve("/healthz");
    }

    @AfterAll
    static void stop() throws IOException {
        if (browser != null) {
            browser.close();
            gateway.close();
        }
    }

    @AfterEach
    void leave() {
        browser.show(page);
        browser.script("document.cookie = 'realtime_token=; path=/; max-age=0'");
        browser.asBefore();
    }

    @Fault(45)
    @ParameterizedTest
    @EnumSource
    void whoLogsInWhileAnothersTabIsOpenHearsHisOwnEventsAndNobodyElseDoes(Shown shown) {
        String ann = TOKENS.of("acme");
        String bob = TOKENS.of("other");
        annsTabs.open(page, shown.as(ann));
        annsTabs.open(page, shown.as(ann));
        bobsTabs.open(page, shown.as(bob));
        bobsTabs.open(page, shown.as(bob));
        publish(ann, acme, 20);
        publish(bob, other, 30);
        annsTabs.awaitEvents(20);
        bobsTabs.awaitEvents(30);
        annsTabs.requireWhole(acme);
        bobsTabs.requireWhole(other);
        assertThat(annsTabs.leaders()).hasSize(1);
        assertThat(bobsTabs.leaders()).hasSize(1);
        Patience.until(
                "one stream each", () -> gateway.client(TOKENS.of("_ops")).figure("realtime_streams") == 2);

        annsTabs.close(annsTabs.leaders().get(0));
        if (shown == Shown.COOKIE) {
            annsTabs.awaitEnd("caller_changed");
        } else {
            annsTabs.awaitLeader();
            publish(ann, acme, 10);
            annsTabs.awaitEvents(30);
        }
        publish(bob, other, 10);
        bobsTabs.awaitEvents(40);
        annsTabs.requireWhole(acme);
        bobsTabs.requireWhole(other);
    }

    private static void publish(String token, Ledger ledger, int events) {
        new Load(() -> gateway.client(token), ledger).publish(events);
    }
}
