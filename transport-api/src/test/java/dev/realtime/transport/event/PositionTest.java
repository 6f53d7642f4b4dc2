package dev.realtime.transport.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTest {

    @ParameterizedTest
    @CsvSource({"e1, 0, 0", "a.b_C9, 42, 0af3c1", "x, 9223372036854775807, ffffffff"})
    void isReadAsItWasWritten(String epoch, long offset, String check) {
        Position position = new Position(epoch, offset, check);

        assertThat(position.cursor()).isEqualTo(epoch + "-" + offset + "-" + check);
        assertThat(Position.parse(position.cursor())).contains(position);
    }

    @Test
    void longestOneFits() {
        String longest = "e".repeat(32) + "-" + Long.MAX_VALUE + "-ffffffff";

        assertThat(longest.length()).isLessThanOrEqualTo(Position.MAX_CURSOR_LENGTH);
        assertThat(Position.parse(longest)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "--",
                "e1",
                "e1-1",
                "e1-1-",
                "-1-0",
                "e1--0",
                "e1-01-0",
                "e1-+1-0",
                "e1--1-0",
                "e1-9223372036854775808-0",
                "e1-99999999999999999999-0",
                "e1-1-g",
                "e1-1-A",
                "e1-1-123456789",
                "e:1-1-0",
                "e 1-1-0",
                " e1-1-0",
                "e1-1-0 ",
                "e1-1-0\n",
                "e1-1-0-0",
                "e1-\u0661-0",
                "\u00e9-1-0",
                "e1-1-0\u0000"
            })
    void everythingElseIsNone(String text) {
        assertThat(Position.parse(text)).isEmpty();
    }

    @Test
    void hostileLengthsAreNone() {
        assertThat(Position.parse("e".repeat(33) + "-1-0")).isEmpty();
        assertThat(Position.parse("e".repeat(10_000_000))).isEmpty();
    }

    @Test
    void checkIsTheBeginningOfTheIdsHash() {
        // printf abc | sha256sum
        assertThat(Position.checkOf("abc")).isEqualTo("ba7816");
        assertThat(Position.checkOf("")).isEqualTo("e3b0c4");
    }
}
