package dev.realtime.sse.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames line by line, for clients that read less carefully than a browser. */
@Timeout(60)
class FrameLinesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** More than any of these streams has. */
    private static final int MOST_LINES = 200;

    private final TestGateway gateway = TestGateway.start(options -> options.withHeartbeat(Duration.ofMillis(200)));

    @AfterEach
    void stop() {
        gateway.close();
    }

    /** The lines up to and with this one; what is left where the stream ends before. */
    private static List<String> readUntil(StreamClient stream, String last) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = stream.line(); line != null; line = stream.line()) {
            lines.add(line);
            if (line.equals(last)) {
                break;
            }
            assertThat(lines).as("until %s", last).hasSizeLessThan(MOST_LINES);
        }
        return lines;
    }

    private static StreamClient live(StreamClient stream) throws IOException {
        readUntil(stream, "event: realtime.live");
        readUntil(stream, "");
        return stream;
    }

    @Test
    void aQuietStreamIsGivenItsCursorWhenItHasMovedElseAComment() throws IOException {
        StreamClient stream = live(gateway.stream("?topics=none"));
        assertThat(stream.line()).as("no new position").isEqualTo(":");
        for (int i = 0; i < 2; i++) {
            String cursor = gateway.publish("unseen");
            assertThat(readUntil(stream, ""))
                    .filteredOn(line -> !line.equals(":"))
                    .containsExactly("event: realtime.position", "data: {}", "id: " + cursor, "");
            assertThat(stream.line()).as("no new position").isEqualTo(":");
        }
    }

    @Test
    void aHeartbeatSaysNoPositionThatAnEventHasSaid() throws IOException {
        StreamClient stream = live(gateway.stream(""));
        String cursor = gateway.publish("heard");
        assertThat(readUntil(stream, "id: " + cursor)).anyMatch(line -> line.startsWith("data: {\"id\""));
        assertThat(stream.line()).isEmpty();
        assertThat(stream.line()).isEqualTo(":");
        assertThat(stream.line()).isEqualTo(":");
    }

    /** As httpx-sse and fetch-event-source have it: an empty line ends a message, whatever stands before it. */
    @Test
    void anEmptyLineStandsOnlyBehindDataThatParses() throws IOException {
        StreamClient stream = gateway.stream("?topics=none");
        List<String> frame = new ArrayList<>();
        int heartbeats = 0;
        int comments = 0;
        for (int i = 0; heartbeats < 2 || comments < 2; i++) {
            assertThat(i).as("lines until it was quiet").isLessThan(MOST_LINES);
            String line = stream.line();
            frame.add(line);
            if (line.isEmpty()) {
                String data = frame.stream()
                        .filter(field -> field.startsWith("data: "))
                        .map(field -> field.substring(6))
                        .collect(Collectors.joining("\n"));
                assertThat(JSON.readTree(data).isObject()).as("%s", frame).isTrue();
                heartbeats += frame.contains("event: realtime.position") ? 1 : 0;
                frame.clear();
            } else if (line.equals(":")) {
                comments++;
                gateway.publish("unseen");
            }
        }
    }

    @Test
    void theCursorIsTheLastFieldOfEveryFrame() throws Exception {
        StreamClient stream = gateway.stream("?named=true&events=e,f", "Last-Event-ID", "foreign-7-abcdef");
        List<String> told = new ArrayList<>(readUntil(stream, "event: realtime.live"));
        told.addAll(readUntil(stream, ""));
        told.addAll(readUntil(stream, "id: " + gateway.publish("f")));
        gateway.publish("unseen");
        told.addAll(readUntil(stream, "event: realtime.position"));
        CompletableFuture<Void> closing = CompletableFuture.runAsync(gateway.gateway()::close);
        told.addAll(readUntil(stream, null));
        closing.join();
        assertThat(frames(told))
                .containsExactly(
                        "realtime.gap: event data",
                        "realtime.open: event data retry id",
                        "realtime.live: event data",
                        "f: event data id",
                        "realtime.position: event data id",
                        "realtime.close: event data retry");
    }

    @Test
    void theCursorIsTheLastFieldOfAFrameWithoutAName() throws IOException {
        StreamClient stream = live(gateway.stream(""));
        String cursor = gateway.publish("e");
        assertThat(frames(readUntil(stream, "id: " + cursor))).containsExactly("null: data id");
    }

    /** Each frame as its event and the names of its fields, in their order. */
    private static List<String> frames(List<String> lines) {
        List<String> frames = new ArrayList<>();
        String event = null;
        List<String> names = new ArrayList<>();
        for (String line : lines) {
            if (line.isEmpty()) {
                frames.add(event + ": " + String.join(" ", names));
                event = null;
                names.clear();
            } else if (!line.equals(":")) {
                names.add(line.substring(0, line.indexOf(':')));
                event = line.startsWith("event: ") ? line.substring(7) : event;
            }
        }
        if (!names.isEmpty()) {
            frames.add(event + ": " + String.join(" ", names));
        }
        return frames;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\u2028", "\u2029", "\u0085", "a\u2028\u2029b\u0085\u0085c", "ü\u0085€\u2028\uD83D\uDE80\u2030"})
    void whatOnlyUnicodeTakesForTheEndOfALineIsEscaped(String text) throws IOException {
        StreamClient stream = gateway.stream("?lastEventId=" + URLEncoder.encode(text, StandardCharsets.UTF_8));
        assertThat(dataOf(stream, "event: realtime.gap").path("requested").asText())
                .isEqualTo(text);
        live(stream);
        gateway.post("{\"event\":\"e\",\"payload\":{\"" + text + "\":\"" + text + "\"}}");
        assertThat(dataOf(stream, null).path("payload").path(text).asText()).isEqualTo(text);
    }

    /** Of the next frame, and that no line of it has an end that Python or others see where there is none. */
    private static JsonNode dataOf(StreamClient stream, String first) throws IOException {
        List<String> lines = readUntil(stream, "");
        assertThat(lines).allMatch(line -> line.split("\\R", -1).length == 1);
        assertThat(first == null ? lines.get(0) : first).isEqualTo(lines.get(0));
        String data = lines.stream()
                .filter(line -> line.startsWith("data: "))
                .findFirst()
                .orElseThrow();
        return JSON.readTree(data.substring(6));
    }
}
