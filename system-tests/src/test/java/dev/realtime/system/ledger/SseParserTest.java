package dev.realtime.system.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseParserTest {
    private final List<Frame> frames = new ArrayList<>();
    private final SseParser parser = new SseParser(1, frames::add);

    @Test
    void readsFieldsWhateverEndsALine() {
        take("id: 7\r\ndata: a\r\ndata:b\rdata\n\n: comment\n\nevent: e\nretry: 5\n\r");

        assertThat(frames).containsExactly(new Frame(1, null, "7", "a\nb\n", null), new Frame(1, "e", null, null, 5L));
    }

    @Test
    void aCutFrameIsNone() {
        take("data: a\n\ndata: b\n");

        assertThat(frames).extracting(Frame::data).containsExactly("a");
    }

    @Test
    void refusesWhatIsNotUtf8() {
        byte[] half = {'d', 'a', 't', 'a', ':', (byte) 0xF0, (byte) 0x9F, '\n'};

        assertThatThrownBy(() -> parser.take(half, half.length)).isInstanceOf(AssertionError.class);
    }

    /** Byte by byte: how it is cut up does not matter. */
    private void take(String text) {
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            parser.take(new byte[] {next}, 1);
        }
    }
}
