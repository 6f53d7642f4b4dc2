package dev.realtime.transport.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPayloadTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "1",
                "-0.5e-7",
                "true",
                "false",
                "\"\"",
                "\"text\"",
                "[null]",
                "{\"a\":null}",
                "  { \"a\" : [ 1 , 2 ] }  ",
                "\"\\u0000\\n\\\\u\\\"\"",
                "\"\\ud83d\\ude00\"",
                "\"\\\\ud800\"",
                "\"\u2028\u2029\u00e9\ud83d\ude00\"",
                "{\"a\":1,\"a\":2}",
                "{\"\\ud83d\\ude00\":1}",
                "{\"\ud83d\ude00\":1}",
                "{\"\\u00e9\\u2028\\\\\":1}",
                "123456789012345678901234567890.123456789e999999"
            })
    void comesOutAsItWentIn(String json) {
        byte[] bytes = json.getBytes(UTF_8);

        assertThat(JsonPayload.of(bytes).bytes()).isEqualTo(bytes);
        assertThat(JsonPayload.of(json)).isEqualTo(JsonPayload.of(bytes)).hasToString(json);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWithCodeAndOffset(String json, String code, String problem) {
        assertThatThrownBy(() -> JsonPayload.of(json.getBytes(UTF_8)))
                .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(code);
                    assertThat(refused.field()).isEqualTo("payload");
                    assertThat(refused).hasMessage("payload: " + problem);
                });
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("", "payload_not_json", "is empty (at byte 0)"),
                arguments("  \n ", "payload_not_json", "is empty (at byte 0)"),
                arguments("null", "payload_null", "is null; leave it out, or send a value (at byte 0)"),
                arguments(" null ", "payload_null", "is null; leave it out, or send a value (at byte 0)"),
                arguments("{} {}", "payload_not_json", "holds more than one value (at byte 3)"),
                arguments("1 2", "payload_not_json", "holds more than one value (at byte 2)"),
                arguments("[1][2]", "payload_not_json", "holds more than one value (at byte 3)"),
                arguments("\"a\"\"b\"", "payload_not_json", "holds more than one value (at byte 3)"),
                arguments("\"\\ud800\"", "payload_not_json", "holds half of a surrogate pair (at byte 1)"),
                arguments("[\"x\\udc00\"]", "payload_not_json", "holds half of a surrogate pair (at byte 3)"),
                arguments("\"\\ud83d\\ud83d\"", "payload_not_json", "holds half of a surrogate pair (at byte 1)"),
                arguments("\"\\ud83dx\\ude00\"", "payload_not_json", "holds half of a surrogate pair (at byte 1)"),
                arguments("\"\\\\\\ud800\"", "payload_not_json", "holds half of a surrogate pair (at byte 3)"),
                arguments("{\"\\udfff\":1}", "payload_not_json", "is not JSON (at byte 8)"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[1,",
                "{\"a\"}",
                "{'a':1}",
                "{a:1}",
                "[1,]",
                "nul",
                "NaN",
                "01",
                "+1",
                ".5",
                "1.",
                "tru",
                "// c\n1",
                "\"\t\"",
                "\"\n\"",
                "\"a",
                "\"\\x\"",
                "\"\\u12\"",
                "} ",
                "[}",
                "1 x",
                "{} x",
                "\u00a01"
            })
    void refusesWhatIsNotJson(String json) {
        assertThatThrownBy(() -> JsonPayload.of(json))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.code()).isEqualTo("payload_not_json"));
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"a\":x}', 5",
        "'[1, 2, 3', 8",
    })
    void saysWhereItStopsBeingJson(String json, int offset) {
        assertThatThrownBy(() -> JsonPayload.of(json)).hasMessageContaining("(at byte " + offset + ")");
    }

    @ParameterizedTest
    @CsvSource({
        "22ff22, 1",
        "22c328, 1",
        "22c0af22, 1",
        "22e282, 1",
        "22eda0bdedb88022, 1",
        "2261eda08022, 2",
        "22f4908080 22, 1",
        "80, 0",
        "22f09f98, 1"
    })
    void refusesBadUtf8WithItsOffset(String hex, int offset) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));

        assertThatThrownBy(() -> JsonPayload.of(bytes)).isInstanceOfSatisfying(InvalidInputException.class, refused -> {
            assertThat(refused.code()).isEqualTo("payload_not_utf8");
            assertThat(refused).hasMessageEndingWith("(at byte " + offset + ")");
        });
    }

    @Test
    void refusesOtherEncodingsOfJson() {
        for (var charset : List.of(StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE, Charset.forName("UTF-32BE"))) {
            assertThatThrownBy(() -> JsonPayload.of("{\"a\":1}".getBytes(charset)))
                    .as(charset.name())
                    .isInstanceOf(InvalidInputException.class);
            assertThatThrownBy(() -> JsonPayload.of("1".getBytes(charset)))
                    .as(charset.name())
                    .isInstanceOf(InvalidInputException.class);
        }
        assertThatThrownBy(() -> JsonPayload.of("\ufeff{}")).hasMessageContaining("byte order mark");
    }

    @Test
    void refusesTextWithHalfASurrogatePair() {
        assertThatThrownBy(() -> JsonPayload.of("\"\ud800\"")).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> JsonPayload.from("\udc00")).isInstanceOf(InvalidInputException.class);
    }

    @ParameterizedTest
    @CsvSource({"500, true", "501, false", "10000, false", "1000000, false"})
    void nestsSoDeepOnly(int depth, boolean allowed) {
        String arrays = "[".repeat(depth) + "]".repeat(depth);
        String objects = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
        if (allowed) {
            assertThat(JsonPayload.of(arrays).size()).isEqualTo(2 * depth);
            assertThat(JsonPayload.of(objects).size()).isEqualTo(6 * depth + 1);
            return;
        }
        for (String json : List.of(arrays, objects, "[".repeat(depth))) {
            assertThatThrownBy(() -> JsonPayload.of(json))
                    .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                        assertThat(refused.code()).isEqualTo("payload_too_deep");
                        assertThat(refused).hasMessageContaining("500");
                    });
        }
    }

    @Test
    void lengthIsNoDepth() {
        assertThat(JsonPayload.of("1".repeat(20_000)).size()).isEqualTo(20_000);
        assertThat(JsonPayload.of("{\"" + "n".repeat(100_000) + "\":1}").size()).isEqualTo(100_006);
        assertThat(JsonPayload.of('"' + "s".repeat(25_000_000) + '"').size()).isEqualTo(25_000_002);
    }

    @Test
    void lineBreaksBetweenTokensBecomeSpaces() {
        assertThat(JsonPayload.of("{\r\n\"a\":\n[1,\r2]\n}\n")).hasToString("{  \"a\": [1, 2] } ");
        assertThat(JsonPayload.of("\"\\r\\n\"")).hasToString("\"\\r\\n\"");
    }

    @Test
    void doesNotShareTheBytesItWasGiven() {
        byte[] given = "[1]".getBytes(UTF_8);
        JsonPayload payload = JsonPayload.of(given);
        given[1] = '2';

        assertThat(payload).hasToString("[1]");
    }

    @Test
    void aMegabyteOfFourByteCharactersIsIdentical() {
        String json = '"' + "\ud83d\ude00".repeat(262_143) + '"';
        byte[] bytes = json.getBytes(UTF_8);

        assertThat(JsonPayload.of(bytes).bytes()).isEqualTo(bytes);
        assertThat(JsonPayload.of(json).size()).isEqualTo(1_048_574);
    }

    @Test
    void badByteBehindAMegabyteIsFound() {
        byte[] bytes = ('"' + "\u00e9".repeat(600_000) + "x\"").getBytes(UTF_8);
        bytes[bytes.length - 2] = (byte) 0x80;

        assertThatThrownBy(() -> JsonPayload.of(bytes)).hasMessageEndingWith("(at byte " + (bytes.length - 2) + ")");
    }

    @Test
    void writesValues() {
        assertThat(JsonPayload.from(Map.of("a", List.of(1, "\u00e9\n")))).hasToString("{\"a\":[1,\"\u00e9\\n\"]}");
        assertThatThrownBy(() -> JsonPayload.from(new Object())).isInstanceOf(InvalidInputException.class);
    }

    @Test
    void equalBytesAreEqual() {
        assertThat(JsonPayload.of("[1]")).isEqualTo(JsonPayload.of("[1]")).hasSameHashCodeAs(JsonPayload.of("[1]"));
        assertThat(JsonPayload.of("[1]")).isNotEqualTo(JsonPayload.of("[1 ]"));
        assertThat(JsonPayload.of("{}")).isEqualTo(JsonPayload.EMPTY);
    }
}
