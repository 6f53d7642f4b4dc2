package dev.realtime.system.crowd;

import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/** Takes the chunks of an HTTP/1.1 body apart, however they are cut. For one thread. */
final class Chunks {
    private final BiConsumer<byte[], Integer> body;
    private final StringBuilder head = new StringBuilder();
    private int left;
    private boolean inData;
    private boolean over;

    /** @param body is given what the chunks hold: an array, and how much of it counts */
    Chunks(BiConsumer<byte[], Integer> body) {
        this.body = body;
    }

    void take(byte[] bytes, int length) {
        int at = 0;
        while (at < length) {
            if (inData) {
                int data = Math.min(left, length - at);
                body.accept(java.util.Arrays.copyOfRange(bytes, at, at + data), data);
                at += data;
                left -= data;
                inData = left > 0;
            } else {
                headByte((char) bytes[at++]);
            }
        }
    }

    /** Whether the last chunk has come. */
    boolean isOver() {
        return over;
    }

    /** The end of a chunk's data is an empty line before the size of the next. */
    private void headByte(char next) {
        head.append(next);
        if (next != '\n') {
            return;
        }
        String line = head.toString().strip();
        head.setLength(0);
        if (!line.isEmpty()) {
            left = Integer.parseInt(line, 16);
            inData = left > 0;
            over = left == 0;
        }
    }

    /** Whether an answer with this head has a body of chunks. */
    static boolean areIn(byte[] head) {
        return new String(head, StandardCharsets.US_ASCII)
                .toLowerCase(java.util.Locale.ROOT)
                .contains("\r\ntransfer-encoding: chunked\r\n");
    }
}
