package dev.realtime.sse.gateway.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.sse.gateway.equipment.StreamClient;
import dev.realtime.sse.gateway.equipment.TestGateway;
import dev.realtime.transport.testkit.checks.LeakCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fault 35: a stream that is cut after any byte of its resume is completed by the next one, which asks from the last id
 * that a browser would have.
 */
@ExtendWith(LeakCheck.class)
class CutResumeTest {
    private static final Pattern EVENT = Pattern.compile("\"event\":\"(e\\.\\d+)\"");

    /** What a client knows: the events that it was given, whether it was told of a gap, and where it would go on. */
    private record Seen(List<String> events, boolean gap, String lastId) {}

    @Test
    void afterAnyByteOfAReplayTheRestComesOnceAndInOrder() throws IOException {
        try (TestGateway gateway = TestGateway.start()) {
            gateway.publish("e.0");
            String cursor = gateway.publish("e.1");
            publish(gateway, 2, 7);

            int cuts = requireCompleted(gateway, cursor, names(2, 7), false);

            assertThat(cuts).isGreaterThan(1_000);
        }
    }

    /** There are clients that take the cursor from its line, before the frame has ended. */
    @Test
    void whoHasTheLineOfACursorHasAllOfItsFrame() throws IOException {
        try (TestGateway gateway = TestGateway.start()) {
            String cursor = gateway.publish("e.0");
            publish(gateway, 1, 3);
            gateway.post("{\"event\":\"e.4\",\"payload\":[1,\n2,\r3]}");
            String whole = new String(resume(gateway, cursor), StandardCharsets.UTF_8);
            Map<String, List<String>> resumed = new HashMap<>();
            for (int cut = 0; cut <= whole.length(); cut++) {
                int line = whole.lastIndexOf("\nid: ", whole.lastIndexOf('\n', cut - 1) - 1) + 1;
                int end = line == 0 ? 0 : whole.indexOf('\n', line) + 1;
                String from = line == 0 ? cursor : whole.substring(line + 4, end - 1);
                List<String> rest = resumed.get(from);
                if (rest == null) {
                    rest = told(new String(resume(gateway, from), StandardCharsets.UTF_8));
                    resumed.put(from, rest);
                }
                assertThat(Stream.concat(told(whole.substring(0, end)).stream(), rest.stream()))
                        .as("cut after byte %s, resumed from %s", cut, from)
                        .containsExactlyElementsOf(names(1, 4));
            }
            assertThat(resumed).hasSize(5);
        }
    }

    private static List<String> told(String body) {
        return EVENT.matcher(body).results().map(found -> found.group(1)).toList();
    }

    @Test
    void afterAnyByteOfAGapItIsToldAgainUntilItHasBeenHeard() throws IOException {
        try (TestGateway gateway = TestGateway.start()) {
            publish(gateway, 0, 3);
            for (String lost : new String[] {"not-a-cursor", "0123456789ab-2-abcdef", gateway.publish("e.4") + "0"}) {
                requireCompleted(gateway, lost, List.of(), true);
            }
        }
    }

    @Test
    void afterAnyByteOfATrimmedReplayWhatIsHeldComesAfterTheGap() throws IOException {
        try (TestGateway gateway = TestGateway.start("REALTIME_MEMORY_MAX_BYTES", "33554432")) {
            String trimmed = gateway.publish("e.0");
            String large = "x".repeat(1_000_000);
            for (int i = 0; i < 40; i++) {
                assertThat(gateway.post("{\"event\":\"large\",\"payload\":\"" + large + "\"}")
                                .statusCode())
                        .isEqualTo(201);
            }
            publish(gateway, 1, 3);

            requireCompleted(gateway, trimmed, names(1, 3), true);
        }
    }

    /** Returns how many cuts there were. */
    private static int requireCompleted(TestGateway gateway, String cursor, List<String> expected, boolean gap)
            throws IOException {
        byte[] whole = resume(gateway, cursor);
        Map<String, Seen> resumed = new HashMap<>();
        for (int cut = 0; cut <= whole.length; cut++) {
            Seen first = seen(whole, cut);
            String from = first.lastId().isEmpty() ? cursor : first.lastId();
            Seen second = resumed.get(from);
            if (second == null) {
                byte[] again = resume(gateway, from);
                second = seen(again, again.length);
                resumed.put(from, second);
            }
            assertThat(Stream.concat(first.events().stream(), second.events().stream()))
                    .as("cut after byte %s, resumed from %s", cut, from)
                    .containsExactlyElementsOf(expected);
            assertThat(first.gap() || second.gap())
                    .as("told of the gap, cut after byte %s", cut)
                    .isEqualTo(gap);
        }
        return whole.length + 1;
    }

    /** The bytes of a stream's body up to its live frame. */
    private static byte[] resume(TestGateway gateway, String cursor) throws IOException {
        try (StreamClient stream =
                StreamClient.open(gateway.gateway().port(), "/realtime/stream?events=e.*", "Last-Event-ID", cursor)) {
            StringBuilder body = new StringBuilder();
            String line;
            do {
                line = stream.line();
                assertThat(line).as("not before it is live").isNotNull();
                body.append(line).append('\n');
            } while (!line.equals("event: realtime.live"));
            return body.append(stream.line())
                    .append('\n')
                    .append(stream.line())
                    .append('\n')
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** What a browser has made of the first so many bytes of a body. */
    private static Seen seen(byte[] body, int length) {
        String text = new String(body, 0, length, StandardCharsets.UTF_8);
        List<String> events = new ArrayList<>();
        boolean gap = false;
        String lastId = "";
        int end = text.lastIndexOf("\n\n");
        for (String frame : end < 0 ? new String[0] : text.substring(0, end).split("\n\n", -1)) {
            for (String line : frame.split("\n", -1)) {
                if (line.startsWith("id: ")) {
                    lastId = line.substring(4);
                } else if (line.startsWith("data: {\"id\":")) {
                    events.add(line.replaceAll(".*\"event\":\"([^\"]+)\".*", "$1"));
                }
                gap |= line.equals("event: realtime.gap");
            }
        }
        return new Seen(events, gap, lastId);
    }

    private static void publish(TestGateway gateway, int first, int last) {
        IntStream.rangeClosed(first, last).forEach(i -> gateway.publish("e." + i));
    }

    private static List<String> names(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(i -> "e." + i).toList();
    }
}
