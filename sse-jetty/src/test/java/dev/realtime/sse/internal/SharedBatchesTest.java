package dev.realtime.sse.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedBatchesTest {
    private final SharedBatches batches = new SharedBatches();

    private static byte[] frame(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] joined(List<byte[]> frames) {
        return batches.joined(
                frames, frames.stream().mapToInt(frame -> frame.length).sum());
    }

    @Test
    void nothingIsNoBytes() {
        assertThat(joined(List.of())).isEmpty();
    }

    @Test
    void theSameFramesAreJoinedOnce() {
        byte[] a = frame("a");
        byte[] b = frame("b");
        byte[] first = joined(List.of(a, b));
        assertThat(first).isEqualTo(frame("ab"));
        assertThat(joined(new ArrayList<>(List.of(a, b)))).isSameAs(first);
    }

    @Test
    void equalFramesOfOthersAreNotTheSame() {
        byte[] b = frame("b");
        assertThat(joined(List.of(frame("a"), b))).isNotSameAs(joined(List.of(frame("a"), b)));
    }

    @Test
    void whatWasAskedForBeforeDoesNotChangeWithTheList() {
        byte[] a = frame("a");
        byte[] b = frame("b");
        List<byte[]> frames = new ArrayList<>(List.of(a, b));
        joined(frames);
        frames.set(1, frame("c"));
        joined(frames);
        assertThat(joined(List.of(a, b))).isEqualTo(frame("ab"));
    }

    @Test
    void anySelectionOfFramesIsJoinedAsItIs() {
        Random random = new Random(7);
        List<byte[]> all = IntStream.range(0, 40)
                .mapToObj(i -> frame("frame " + i + "x".repeat(i * 100)))
                .toList();
        for (int round = 0; round < 20_000; round++) {
            int from = random.nextInt(all.size());
            int to = from + random.nextInt(all.size() - from + 1);
            boolean every = random.nextBoolean();
            List<byte[]> frames = IntStream.range(from, to)
                    .filter(i -> every || i % 3 != 1)
                    .mapToObj(all::get)
                    .toList();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            frames.forEach(expected::writeBytes);
            assertThat(joined(frames)).isEqualTo(expected.toByteArray());
        }
    }
}
