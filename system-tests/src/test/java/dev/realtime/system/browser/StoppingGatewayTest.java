package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Nginx;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.Frame;
import dev.realtime.system.ledger.GatewayPair;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Load;
import dev.realtime.system.ledger.SseReader;
import dev.realtime.transport.testkit.servers.LoopbackPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A gateway that goes, and what stands before it. */
class StoppingGatewayTest {
    private static final Duration DELAY = Duration.ofSeconds(5);
    private static final Pattern DOCUMENTED = Pattern.compile("(?s)```nginx\n(.*?)```");

    private final Ledger ledger = new Ledger("default");

    @Test
    @Fault(48)
    void whoIsToldToStopIsNotReadyAtOnceAndServesUntilOthersHaveSeenIt() {
        Map<String, String> settings = new HashMap<>(memory());
        settings.put("REALTIME_STOP_DELAY_SECONDS", Long.toString(DELAY.toSeconds()));
        try (GatewayProcess gateway = GatewayProcess.ready(settings);
                SseReader before =
                        SseReader.open(gateway.address(), GatewayPair.STREAM).awaitLive()) {
            long told = System.nanoTime();
            gateway.terminate();
            Patience.until("not ready", () -> gateway.client().get("/readyz").status() == 503);
            assertThat(gateway.client().get("/readyz").body()).contains("this instance is stopping");
            assertThat(gateway.client().get("/healthz").status()).isEqualTo(200);
            try (SseReader meanwhile =
                    SseReader.open(gateway.address(), GatewayPair.STREAM).awaitLive()) {
                new Load(gateway::client, ledger).publish(10);
                for (SseReader stream : List.of(before, meanwhile)) {
                    stream.awaitEvents(10);
                    Frame close = stream.await("the end", frame -> frame.is("realtime.close"));
                    assertThat(close.json().path("reason").asText()).isEqualTo("draining");
                }
                assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThanOrEqualTo(DELAY);
                ledger.requireWhole(before, meanwhile);
            }
            assertThat(gateway.awaitExit()).isEqualTo(143);
        }
    }

    @Test
    @Fault(48)
    void behindNginxAsItIsDocumentedABrowsersOwnStreamSurvivesAGatewayThatIsGone() throws IOException {
        int port = LoopbackPort.free();
        Map<String, String> settings = new HashMap<>(memory());
        settings.put("PORT", Integer.toString(port));
        try (Browser browser = Browser.start();
                Nginx nginx =
                        Nginx.with(documented("http://127.0.0.1:" + port) + "location = /page { return 200 hello; }")) {
            browser.show(nginx.address().resolve("/page"));
            try (GatewayProcess first = GatewayProcess.ready(settings)) {
                browser.script(
                        "window.stream = new EventSource('/realtime/stream'); window.opens = 0; window.errors = 0;"
                                + "stream.onerror = () => { errors += 1; };"
                                + "stream.addEventListener('realtime.open', () => { opens += 1; })");
                Patience.until(
                        "it is open", () -> browser.script("return opens").equals(1L));
                first.kill();
                first.awaitExit();
                Patience.until("it has met what nginx says", () -> (Long) browser.script("return errors") >= 2);
                assertThat(browser.script("return stream.readyState")).isNotEqualTo(2L);
            }
            try (GatewayProcess second = GatewayProcess.ready(settings)) {
                Patience.until(
                        "it is back", () -> browser.script("return opens").equals(2L));
                assertThat(second.isAlive()).isTrue();
            }
        }
    }

    private static String documented(String gateway) throws IOException {
        String document = Files.readString(Path.of("..", "docs", "OPERATING.md"));
        Matcher block = DOCUMENTED.matcher(document);
        assertThat(block.find()).isTrue();
        assertThat(block.group(1)).contains("http://127.0.0.1:8080");
        return block.group(1).replace("http://127.0.0.1:8080", gateway);
    }

    private static Map<String, String> memory() {
        return Map.of("REALTIME_TRANSPORT", "memory", "REALTIME_AUTH", "none");
    }
}
