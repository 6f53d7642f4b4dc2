package dev.realtime.sse.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Frames that are written at once, one after the other: as they are, and as a chunk of HTTP/1.1 that follows another one.
 * The line break that ends a chunk's data is written before the next chunk, as Jetty does it. Immutable.
 */
final class Batch {
    static final Batch NONE = new Batch(List.of(), 0);

    private final byte[] bytes;
    private final int from;
    private final int size;

    /** @param size of all frames together */
    Batch(List<byte[]> frames, int size) {
        byte[] head = ("\r\n" + Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        this.bytes = new byte[head.length + size];
        this.from = head.length;
        this.size = size;
        System.arraycopy(head, 0, bytes, 0, head.length);
        int at = head.length;
        for (byte[] frame : frames) {
            System.arraycopy(frame, 0, bytes, at, frame.length);
            at += frame.length;
        }
    }

    static Batch of(byte[] frame) {
        return new Batch(List.of(frame), frame.length);
    }

    /** Of the frames, in bytes. */
    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** A new view of the frames. */
    ByteBuffer frames() {
        return ByteBuffer.wrap(bytes, from, size).slice();
    }

    /** A new view of the frames as a chunk after another. Not of an empty batch: that would be the last chunk. */
    ByteBuffer chunk() {
        return ByteBuffer.wrap(bytes);
    }
}
