package dev.realtime.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamException;
import dev.realtime.sse.internal.stream.EncodedCorpus;
import dev.realtime.sse.internal.stream.EncodedCorpus.Ids;
import dev.realtime.sse.internal.stream.EncodedCorpus.Meant;
import dev.realtime.system.equipment.Fault;
import dev.realtime.system.equipment.Patience;
import dev.realtime.system.ledger.SseParser;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the encoder writes, read by the parsers that people use: each frame's event, id and data come out as they went in,
 * but for line breaks, all of which are LF, whatever the size of the TCP segments (fault 25).
 */
class ParsersTest {
    private static final EncodedCorpus CORPUS = EncodedCorpus.of(20_261_124, 500);
    private static final List<String> NAMES = Stream.concat(EncodedCorpus.NAMES.stream(), Stream.of(EncodedCorpus.END))
            .toList();
    private static final ObjectMapper JSON = new ObjectMapper();

    private static CorpusServer server;

    @BeforeAll
    static void start() {
        server = CorpusServer.start(CORPUS);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/whole", "/pieces"})
    void ourOwn(String path) throws IOException {
        List<Meant> heard = new ArrayList<>();
        String[] lastId = {""};
        SseParser parser = new SseParser(1, frame -> {
            lastId[0] = frame.id() == null ? lastId[0] : frame.id();
            if (frame.data() != null) {
                heard.add(new Meant(frame.event() == null ? "message" : frame.event(), lastId[0], frame.data()));
            }
        });
        byte[] all = server.address(path).toURL().openStream().readAllBytes();
        parser.take(all, all.length);
        assertSame(heard);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/whole", "/pieces"})
    @Fault(25)
    void chromium(String path) throws IOException {
        try (Browser browser = Browser.start()) {
            browser.show(server.address("/"));
            browser.script("window.heard = []; window.ended = false; const stream = new EventSource('" + path + "');"
                    + "for (const name of " + JSON.writeValueAsString(NAMES) + ") stream.addEventListener(name, e => {"
                    + "heard.push([e.type, e.lastEventId, e.data]);"
                    + "if (name === 'end') { stream.close(); window.ended = true; } });");
            Patience.until("the last frame", () -> Boolean.TRUE.equals(browser.script("return ended")));
            assertSame(parsed(String.valueOf(browser.script("return JSON.stringify(heard)"))));
        }
    }

    /** Tells each event's own id. */
    @ParameterizedTest
    @ValueSource(strings = {"/whole", "/pieces"})
    void eventsourceOfNpm(String path) throws IOException {
        NodeParsers.requireInstalled();
        assertSame(parsed(NodeParsers.parse("eventsource", server.address(path), NAMES)), CORPUS.meant(Ids.OWN));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/whole", "/pieces"})
    void eventsourceParserOfNpm(String path) throws IOException {
        NodeParsers.requireInstalled();
        assertSame(parsed(NodeParsers.parse("eventsource-parser", server.address(path), NAMES)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/whole", "/pieces"})
    void okhttpEventsource(String path) throws StreamException {
        List<Meant> heard = new ArrayList<>();
        URI address = server.address(path);
        try (EventSource source = new EventSource.Builder(ConnectStrategy.http(address)).build()) {
            MessageEvent next;
            do {
                next = source.readMessage();
                String id = next.getLastEventId() == null ? "" : next.getLastEventId();
                heard.add(new Meant(next.getEventName(), id, next.getData()));
            } while (!next.getEventName().equals(EncodedCorpus.END));
        }
        assertSame(heard);
    }

    private static List<Meant> parsed(String json) throws IOException {
        List<Meant> heard = new ArrayList<>();
        for (JsonNode frame : JSON.readTree(json)) {
            heard.add(new Meant(
                    frame.get(0).asText(), frame.get(1).asText(), frame.get(2).asText()));
        }
        return heard;
    }

    private static void assertSame(List<Meant> heard) {
        assertSame(heard, CORPUS.meant(Ids.LAST));
    }

    private static void assertSame(List<Meant> heard, List<Meant> meant) {
        for (int i = 0; i < Math.min(heard.size(), meant.size()); i++) {
            assertThat(heard.get(i)).as("frame %d", i).isEqualTo(meant.get(i));
        }
        assertThat(heard).hasSameSizeAs(meant);
    }
}
