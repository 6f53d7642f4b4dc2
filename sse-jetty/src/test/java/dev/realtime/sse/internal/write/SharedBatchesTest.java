package dev.realtime.sse.internal.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
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

    private Batch batch(List<byte[]> frames) {
        return batches.of(
                frames, frames.stream().mapToInt(frame -> frame.length).sum());
    }

    private byte[] joined(List<byte[]> frames) {
        return bytes(batch(frames).frames());
    }

    private static byte[] bytes(ByteBuffer view) {
        byte[] bytes = new byte[view.remaining()];
        view.get(bytes);
        return bytes;
    }

    @Test
    void nothingIsNoBytes() {
        assertThat(joined(List.of())).isEmpty();
    }

    @Test
    void aBatchIsAWholeChunkTooAndNoFramesAreTheLastOne() {
        Batch batch = batch(List.of(frame("a".repeat(9)), frame("b".repeat(9))));
        assertThat(bytes(batch.chunk())).isEqualTo(frame("12\r\n" + "a".repeat(9) + "b".repeat(9) + "\r\n"));
        assertThat(batch.chunkSize()).isEqualTo(24);
        assertThat(bytes(Batch.NONE.chunk())).isEqualTo(frame("0\r\n\r\n"));
        assertThat(Batch.NONE.isEmpty()).isTrue();
    }

    @Test
    void theSameFramesAreJoinedOnce() {
        byte[] a = frame("a");
        byte[] b = frame("b");
        Batch first = batch(List.of(a, b));
        assertThat(bytes(first.frames())).isEqualTo(frame("ab"));
        assertThat(batch(new ArrayList<>(List.of(a, b)))).isSameAs(first);
    }

    @Test
    void equalFramesOfOthersAreNotTheSame() {
        byte[] b = frame("b");
        assertThat(batch(List.of(frame("a"), b))).isNotSameAs(batch(List.of(frame("a"), b)));
    }

    @Test
    void viewsOfABatchAreReadApart() {
        Batch batch = batch(List.of(frame("a"), frame("b")));
        bytes(batch.frames());
        assertThat(bytes(batch.frames())).isEqualTo(frame("ab"));
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
