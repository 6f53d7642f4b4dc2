package dev.realtime.sse.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Joins frames to one write, once for all streams of a round that are to write the same frames. For one thread.
 * Frames are told apart by identity: an event's frame is made once for all streams.
 */
final class SharedBatches {
    /** A power of two. */
    private static final int SLOTS = 64;
    /** More would not stay in a processor's cache, and is rarely asked for twice. */
    private static final int MOST_HELD_BYTES = 2 << 20;

    private final Batch[] slots = new Batch[SLOTS];
    private int heldBytes;

    private static final class Batch {
        private static final Batch NONE = new Batch(List.of(), new byte[0]);

        private final List<byte[]> frames;
        private final byte[] joined;

        private Batch(List<byte[]> frames, byte[] joined) {
            this.frames = frames;
            this.joined = joined;
        }

        private boolean isOf(List<byte[]> asked) {
            if (frames.size() != asked.size()) {
                return false;
            }
            for (int i = frames.size() - 1; i >= 0; i--) {
                if (!same(frames.get(i), asked.get(i))) {
                    return false;
                }
            }
            return true;
        }

        @SuppressWarnings("ArrayEquals") // the frames are the same objects or not the same
        private static boolean same(byte[] frame, byte[] asked) {
            return frame == asked;
        }
    }

    SharedBatches() {
        clear();
    }

    /**
     * The frames' bytes, one after the other. Nobody changes them.
     *
     * @param size of all frames together
     */
    byte[] joined(List<byte[]> frames, int size) {
        if (frames.size() == 1) {
            return frames.get(0);
        }
        if (frames.isEmpty()) {
            return Batch.NONE.joined;
        }
        int slot = slot(frames);
        Batch held = slots[slot];
        if (held.isOf(frames)) {
            return held.joined;
        }
        if (heldBytes + size > MOST_HELD_BYTES) {
            clear();
            held = slots[slot];
        }
        Batch made = new Batch(new ArrayList<>(frames), join(frames, size));
        heldBytes += size - held.joined.length;
        slots[slot] = made;
        return made.joined;
    }

    /** Lets go of everything: the round is over, and there is no next one. */
    void clear() {
        Arrays.fill(slots, Batch.NONE);
        heldBytes = 0;
    }

    private static int slot(List<byte[]> frames) {
        int mixed = System.identityHashCode(frames.get(0))
                + 31 * System.identityHashCode(frames.get(frames.size() - 1))
                + frames.size();
        return (mixed ^ (mixed >>> 16)) & (SLOTS - 1);
    }

    private static byte[] join(List<byte[]> frames, int size) {
        byte[] all = new byte[size];
        int at = 0;
        for (byte[] frame : frames) {
            System.arraycopy(frame, 0, all, at, frame.length);
            at += frame.length;
        }
        return all;
    }
}
