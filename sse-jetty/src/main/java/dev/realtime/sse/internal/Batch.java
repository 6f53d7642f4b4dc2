package dev.realtime.sse.internal;

import java.nio.ByteBuffer;
import java.util.List;

/** Frames that are written at once, one after the other. Immutable. */
final class Batch {
    static final Batch NONE = new Batch(List.of(), 0);

    private final byte[] bytes;

    /** @param size of all frames together */
    Batch(List<byte[]> frames, int size) {
        this.bytes = new byte[size];
        int at = 0;
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
        return bytes.length;
    }

    boolean isEmpty() {
        return bytes.length == 0;
    }

    /** A new view of the frames. */
    ByteBuffer frames() {
        return ByteBuffer.wrap(bytes);
    }
}
