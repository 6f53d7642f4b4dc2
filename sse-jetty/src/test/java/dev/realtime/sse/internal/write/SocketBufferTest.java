package dev.realtime.sse.internal.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SocketBufferTest {
    private final SocketBuffer buffer = new SocketBuffer();
    private final Taking socket = new Taking();

    /** A socket that takes so much at once. */
    private static final class Taking implements WritableByteChannel {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private int atOnce = Integer.MAX_VALUE;

        @Override
        public int write(ByteBuffer from) {
            byte[] bytes = new byte[Math.min(atOnce, from.remaining())];
            from.get(bytes);
            taken.writeBytes(bytes);
            return bytes.length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    private static int chunk(int size) {
        return Integer.toHexString(size).length() + 2 + size + 2;
    }

    private static Batch batch(String text) {
        return Batch.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void manySocketsAreWrittenTheSameBatchWhole() throws IOException {
        Batch batch = batch("one");
        for (int i = 0; i < 3; i++) {
            assertThat(buffer.write(socket, batch)).isEqualTo(chunk(3));
        }
        assertThat(buffer.write(socket, batch("two!"))).isEqualTo(chunk(4));
        assertThat(buffer.write(socket, batch)).isEqualTo(chunk(3));
        assertThat(socket.taken).hasToString("3\r\none\r\n".repeat(3) + "4\r\ntwo!\r\n3\r\none\r\n");
    }

    @Test
    void whatASocketDidNotTakeIsNotLostForTheNext() throws IOException {
        Batch batch = batch("0123456789");
        socket.atOnce = 4;
        assertThat(buffer.write(socket, batch)).isEqualTo(4);
        socket.atOnce = 0;
        assertThat(buffer.write(socket, batch)).isZero();
        socket.atOnce = 100;
        assertThat(buffer.write(socket, batch)).isEqualTo(chunk(10));
        assertThat(socket.taken).hasToString("a\r\n0" + "a\r\n0123456789\r\n");
    }

    @Test
    void aBatchThatWasLetGoOfIsCopiedAnew() throws IOException {
        Batch batch = batch("again");
        buffer.write(socket, batch);
        buffer.clear();
        buffer.write(socket, batch);
        assertThat(socket.taken).hasToString("5\r\nagain\r\n".repeat(2));
    }

    @Test
    void theLargestBatchOfSeveralFramesFits() throws IOException {
        assertThat(buffer.write(socket, batch("x".repeat(Batch.MAX_WRITE_BYTES))))
                .isEqualTo(chunk(Batch.MAX_WRITE_BYTES));
    }

    @Test
    void ofABatchLargerThanTheBufferNothingIsWritten() throws IOException {
        assertThat(buffer.write(socket, batch("x".repeat(Batch.MAX_WRITE_BYTES + Batch.MOST_AROUND_FRAMES))))
                .isZero();
        assertThat(socket.taken.size()).isZero();
    }
}
