package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Nginx;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.equipment.Tokens;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A browser before an nginx that takes a path away, and names another host than the browser does, as it does by itself. */
class PathPrefixTest {
    private final Tokens tokens = new Tokens();

    @Test
    @Fault(47)
    void belowAPathThatAProxyTakesAwayAllIsWhereTheBrowserSeesIt() throws IOException {
        Map<String, String> settings = Map.of(
                "REALTIME_TRANSPORT", "memory",
                "REALTIME_AUTH", "jwt",
                "REALTIME_JWT_SECRET", tokens.secret(),
                "REALTIME_TRUSTED_PROXIES", "127.0.0.1",
                "REALTIME_STREAM_LIFETIME_SECONDS", "10");
        try (Browser browser = Browser.start();
                GatewayProcess gateway = GatewayProcess.ready(settings);
                Nginx nginx = Nginx.with("location /app/ { proxy_pass " + gateway.address()
                        + "/; proxy_set_header X-Forwarded-Prefix /app; }")) {
            browser.show(nginx.address().resolve("/app/healthz"));
            browser.script("""
                    const headers = { Authorization: 'Bearer %s' };
                    window.opens = 0;
                    return fetch('realtime/tickets', { method: 'POST', headers }).then((answer) => answer.json()).then(({ ticket }) => {
                      window.stream = new EventSource(`realtime/stream?ticket=${ticket}`);
                      stream.addEventListener('realtime.open', () => { opens += 1; });
                    });
                    """.formatted(tokens.of("acme")));
            Patience.until("it is open", () -> browser.script("return opens").equals(1L));

            browser.script("""
                    return import('/app/realtime/realtime.js').then(({ Realtime }) => {
                      window.rt = new Realtime({ token: () => '%s' });
                    });
                    """.formatted(tokens.of("acme")));
            Patience.until(
                    "realtime.js finds its stream",
                    () -> browser.script("return rt.state").equals("live"));

            browser.script("document.cookie = 'realtime_token=%s; path=/app'".formatted(tokens.of("_ops")));
            assertThat(browser.script("""
                    const headers = { 'Content-Type': 'application/json' };
                    return fetch('realtime/events', { method: 'POST', headers, body: '{"event":"a"}' }).then(({ status }) => status);
                    """)).isEqualTo(201L);

            Patience.until(
                    "it comes back by its cookie",
                    () -> browser.script("return opens").equals(2L));
            browser.show(nginx.address().resolve("/app/"));
            Patience.until(
                    "the live page finds its stream",
                    () -> browser.text("#stream-state").equals("stream open"));
            browser.script("document.cookie = 'realtime_token=; path=/app; max-age=0'");
        }
    }
}
