package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPrefixTest {
    @ParameterizedTest
    @CsvSource({
        "/app, /app",
        "/app/, /app",
        "/, ''",
        "'', ''",
        "/a/b-c_d.e~f, /a/b-c_d.e~f",
        "/a%20b, /a%20b",
        "/a..b, /a..b"
    })
    void whatIsAPathIsTakenWithoutItsLastSlash(String text, String prefix) {
        assertThat(PathPrefix.of(text).text()).isEqualTo(prefix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app",
                "//evil.example",
                "/a//b",
                "/a/../b",
                "/..",
                "/.",
                "/%2e%2E/a",
                "/a%2fb",
                "/a%5Cb",
                "/a%00",
                "/a%0",
                "/a;Domain=evil.example",
                "/a,b",
                "/a b",
                "/a\r\nSet-Cookie: x=y",
                "/a\"b",
                "/a'b",
                "/a<b",
                "/a&b",
                "/a?b",
                "/a#b",
                "/a\\b",
                "https://evil.example",
                "/ä",
            })
    void whatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> PathPrefix.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("200 characters");
        assertThat(PathPrefix.ofParts(Arrays.asList("/app", text))).isEqualTo(PathPrefix.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {199, 200})
    void itIsBoundedAlsoInParts(int length) {
        String longest = "/" + "a".repeat(length);
        if (length == 199) {
            assertThat(PathPrefix.of(longest).text()).hasSize(200);
        } else {
            assertThatThrownBy(() -> PathPrefix.of(longest)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(PathPrefix.ofParts(Arrays.asList(longest, "/b"))).isEqualTo(PathPrefix.NONE);
    }

    @ParameterizedTest
    @CsvSource({"'/a|/b', /a/b", "'/a/|/', /a", "'', ''"})
    void eachProxyAddsItsPart(String parts, String prefix) {
        assertThat(PathPrefix.ofParts(Arrays.asList(parts.split("\\|"))).text()).isEqualTo(prefix);
    }
}
