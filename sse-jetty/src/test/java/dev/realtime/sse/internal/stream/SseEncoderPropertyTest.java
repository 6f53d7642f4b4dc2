package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever goes into a frame comes out of it, by the rules of the HTML standard, with every line break an LF, and what only
 * Unicode takes for one escaped.
 */
class SseEncoderPropertyTest {
    private static final String[] AWKWARD = {
        "\n",
        "\r",
        "\r\n",
        "\n\r",
        "\0",
        "\uFEFF",
        "\u2028",
        "\u2029",
        "\u0085",
        "\u2027",
        "\u00C2",
        "\u000B",
        " ",
        ":",
        ": ",
        "data: ",
        "id: 1",
        "event: x\n\n",
        "\uD83D\uDE80",
        "é",
        "\t"
    };

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> pieces = Arbitraries.frequencyOf(
                Tuple.of(50, Arbitraries.of(AWKWARD)),
                Tuple.of(50, Arbitraries.strings().ofMaxLength(8).filter(SseEncoderPropertyTest::isWellFormed)),
                Tuple.of(1, Arbitraries.just("x".repeat(70_000))));
        return pieces.list().ofMaxSize(20).map(list -> String.join("", list));
    }

    @Provide
    Arbitrary<String> lines() {
        return texts().map(text -> text.replaceAll("[\r\n\0]", "_"));
    }

    @Property(tries = 1_000)
    void dataIdAndNameComeOutAsTheyWentIn(
            @ForAll("texts") String data, @ForAll("lines") String id, @ForAll("lines") String event) {
        byte[] frame = SseEncoder.frame().event(event).data(data).bytes(id);
        List<String> fields = fields(frame);
        List<String> lines = fields.subList(1, fields.size() - 1);

        assertThat(fields.get(0)).isEqualTo("event" + event);
        assertThat(fields.get(fields.size() - 1)).isEqualTo("id" + id);
        assertThat(lines).allMatch(field -> field.startsWith("data"));
        assertThat(lines.stream().map(field -> field.substring(4)).collect(Collectors.joining("\n")))
                .isEqualTo(data.replace("\r\n", "\n")
                        .replace('\r', '\n')
                        .replace("\u0085", "\\u0085")
                        .replace("\u2028", "\\u2028")
                        .replace("\u2029", "\\u2029"));
    }

    @Property(tries = 200)
    void aFrameEndsOnceAtItsEnd(@ForAll("texts") String data) {
        String frame = new String(SseEncoder.frame().data(data).bytes(), StandardCharsets.UTF_8);
        assertThat(frame).endsWith("\n\n").doesNotContain("\r");
        assertThat(frame.indexOf("\n\n")).isEqualTo(frame.length() - 2);
        assertThat(frame.codePoints()).doesNotContain(0x85, 0x2028, 0x2029);
    }

    @Property(tries = 200)
    void lineBreaksAndNulAreRefusedInIdsAndNamesWhereverTheyStand(
            @ForAll("lines") String before, @ForAll("lines") String after, @ForAll("breaks") char forbidden) {
        String text = before + forbidden + after;
        assertThatIllegalArgumentException().isThrownBy(() -> SseEncoder.frame().bytes(text));
        assertThatIllegalArgumentException().isThrownBy(() -> SseEncoder.frame().event(text));
    }

    @Provide
    Arbitrary<Character> breaks() {
        return Arbitraries.of('\n', '\r', '\0');
    }

    /** Names and values of a frame's fields, one space after the colon taken off, as a browser does. */
    private static List<String> fields(byte[] frame) {
        List<String> fields = new ArrayList<>();
        for (String line : new String(frame, StandardCharsets.UTF_8).split("\n", -1)) {
            if (!line.isEmpty()) {
                int colon = line.indexOf(':');
                String value = line.substring(colon + 1);
                fields.add(line.substring(0, colon) + (value.startsWith(" ") ? value.substring(1) : value));
            }
        }
        return fields;
    }

    /** Half a surrogate pair is no text: UTF-8 has no bytes for it. */
    private static boolean isWellFormed(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
