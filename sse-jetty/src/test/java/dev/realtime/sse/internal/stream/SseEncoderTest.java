package dev.realtime.sse.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.realtime.sse.internal.write.Batch;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SseEncoderTest {
    static Arguments[] texts() {
        return new Arguments[] {
            Arguments.of("", "data: \n\n"),
            Arguments.of("a", "data: a\n\n"),
            Arguments.of("a\nb", "data: a\ndata: b\n\n"),
            Arguments.of("a\rb", "data: a\ndata: b\n\n"),
            Arguments.of("a\r\nb", "data: a\ndata: b\n\n"),
            Arguments.of("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
            Arguments.of("a\n\nb", "data: a\ndata: \ndata: b\n\n"),
            Arguments.of("a\n", "data: a\ndata: \n\n"),
            Arguments.of("\r\n", "data: \ndata: \n\n"),
            Arguments.of(" a: b", "data:  a: b\n\n"),
            Arguments.of("ü€😀", "data: ü€😀\n\n"),
            Arguments.of("a\u2028b\u2029c\u0085d", "data: a\\u2028b\\u2029c\\u0085d\n\n"),
            Arguments.of("\u0085", "data: \\u0085\n\n"),
            Arguments.of("\n\u2028\n", "data: \ndata: \\u2028\ndata: \n\n"),
            Arguments.of("\u2027\u202A\u2128\u0084\u0086\u00C2", "data: \u2027\u202A\u2128\u0084\u0086\u00C2\n\n"),
        };
    }

    @ParameterizedTest
    @MethodSource("texts")
    void dataIsOneLineForEachLine(String data, String frame) {
        assertThat(text(SseEncoder.frame().data(data).bytes())).isEqualTo(frame);
    }

    @Test
    void theCursorComesLast() {
        assertThat(text(SseEncoder.frame().event("e").data("d").retry(2_000).bytes("i")))
                .isEqualTo("event: e\ndata: d\nretry: 2000\nid: i\n\n");
        assertThat(text(SseEncoder.frame().data("d").bytes(null))).isEqualTo("data: d\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "a\0b", "\n", "a\n"})
    void lineBreaksAndNulAreRefusedInIdsAndNames(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> SseEncoder.frame().bytes(text));
        assertThatIllegalArgumentException().isThrownBy(() -> SseEncoder.frame().event(text));
    }

    @Test
    void aCommentIsNoEventAndEndsNone() {
        assertThat(text(Batch.comment())).isEqualTo(":\n");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
