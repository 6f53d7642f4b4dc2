package dev.realtime.system.crowd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The judge of short streams is itself tried. */
class VisitTest {
    private static final String START = "0123456789ab-4-abcdef";

    private final NavigableMap<Long, Integer> log = new TreeMap<>();

    VisitTest() {
        for (int offset = 1; offset <= 10; offset++) {
            log.put((long) offset, 100 + offset);
        }
    }

    @Test
    void whatIsWholeHasNoFaultHoweverItIsCut() {
        byte[] stream = stream(START, 5, 6, 7, 8);
        for (int piece = 1; piece <= stream.length; piece++) {
            Visit visit = new Visit(START, 4);
            for (int at = 0; at < stream.length; at += piece) {
                int length = Math.min(piece, stream.length - at);
                byte[] bytes = java.util.Arrays.copyOfRange(stream, at, at + length);
                visit.take(bytes, length);
            }
            assertThat(visit.faults(log)).isEmpty();
            assertThat(visit.satisfied()).isTrue();
            assertThat(visit.wasHandedOver()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"a gap, 5 7", "a gap at the start, 6 7", "twice, 5 5", "out of order, 6 5", "from before, 4 5"})
    void whatIsNotIsNamed(String fault, String offsets) {
        int[] told =
                List.of(offsets.split(" ")).stream().mapToInt(Integer::parseInt).toArray();
        Visit visit = new Visit(START, told.length);
        byte[] stream = stream(START, told);
        visit.take(stream, stream.length);
        assertThat(visit.faults(log)).as(fault).hasSize(1);
    }

    @Test
    void anotherStartThanAskedForAndAnEarlyEndAreFaults() {
        Visit moved = new Visit("0123456789ab-3-abcdef", 1);
        byte[] stream = stream(START, 5);
        moved.take(stream, stream.length);
        assertThat(moved.faults(log)).hasSize(1);

        Visit cut = new Visit(START, 9);
        cut.take(stream, stream.length);
        cut.ended();
        assertThat(cut.faults(log)).containsExactly("ended by the server");
        assertThat(new Visit(null, 1).faults(log)).containsExactly("never opened");
    }

    @Test
    void aCursorBeyondAnEventThatWasNotToldIsAFault() {
        Visit visit = new Visit(START, 9);
        byte[] stream = response(opened(START), "id: 0123456789ab-6-abcdef\n\n");
        visit.take(stream, stream.length);
        assertThat(visit.faults(log)).hasSize(1);
    }

    @Test
    void whoWandersGoesOnFromItsCursorWhenItWasToldToAndItsStreamHasEnded() {
        Visit visit = Visit.wandering("storm");
        byte[] stream = response(
                opened(START),
                told(5),
                "event: realtime.close\nretry: 700\ndata: {\"reason\":\"draining\",\"reconnect\":true}\n\n");
        visit.take(stream, stream.length);
        assertThat(visit.wasSentAway()).isFalse();
        visit.ended();

        assertThat(visit.wasSentAway()).isTrue();
        assertThat(visit.faults(log)).isEmpty();
        assertThat(visit.retryMillis()).isEqualTo(700);
        assertThat(StandardCharsets.UTF_8.decode(visit.goingOn().request()).toString())
                .startsWith("GET /realtime/stream?events=storm ")
                .contains("Last-Event-ID: 0123456789ab-5-abcdef\r\n");
    }

    private static byte[] stream(String start, int... offsets) {
        List<String> frames = new ArrayList<>(List.of(opened(start), "event: realtime.live\ndata: {}\n\n"));
        for (int offset : offsets) {
            frames.add(told(offset));
        }
        return response(frames.toArray(String[]::new));
    }

    private static String opened(String start) {
        return "event: realtime.open\nid: " + start + "\ndata: {}\n\n";
    }

    private static String told(int offset) {
        return "id: 0123456789ab-" + offset + "-abcdef\ndata: {\"id\":\"" + (100 + offset) + "\"}\n\n";
    }

    private static byte[] response(String... frames) {
        String text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String.join("", frames);
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
