package dev.realtime.sse.internal.write;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Frames that are written at once, one after the other, and all of them as one chunk of HTTP/1.1: what a chunk needs
 * stands around them from the start, so that neither form is a copy of the other. Immutable.
 */
public final class Batch {
    public static final Batch NONE = new Batch(List.of(), 0);

    /** A line that clients skip. No empty line follows it: to some clients that is an event. */
    private static final byte[] COMMENT = {':', '\n'};

    /** Of all frames together, unless one alone is larger. */
    public static final int MAX_WRITE_BYTES = 65_536;

    /** What a chunk has at most around its data: a size of 32 bits and two line ends. */
    static final int MOST_AROUND_FRAMES = 8 + 2 + 2;

    private final byte[] bytes;
    private final int first;
    private final int size;

    /** @param size of all frames together */
    Batch(List<byte[]> frames, int size) {
        byte[] head = (Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        this.first = head.length;
        this.size = size;
        this.bytes = new byte[first + size + 2];
        System.arraycopy(head, 0, bytes, 0, first);
        int at = first;
        for (byte[] frame : frames) {
            System.arraycopy(frame, 0, bytes, at, frame.length);
            at += frame.length;
        }
        bytes[at] = '\r';
        bytes[at + 1] = '\n';
    }

    /** What is no frame, and may stand between any two. */
    public static byte[] comment() {
        return COMMENT;
    }

    public static Batch of(byte[] frame) {
        return new Batch(List.of(frame), frame.length);
    }

    /** Of the frames, in bytes. */
    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** A new view of the frames. */
    ByteBuffer frames() {
        return ByteBuffer.wrap(bytes, first, size);
    }

    /** A new view of the frames as a chunk. That of {@link #NONE} is the last chunk of a body. */
    ByteBuffer chunk() {
        return ByteBuffer.wrap(bytes);
    }

    /** Of the chunk, in bytes. */
    int chunkSize() {
        return bytes.length;
    }
}
