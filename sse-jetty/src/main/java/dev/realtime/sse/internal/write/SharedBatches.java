package dev.realtime.sse.internal.write;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes batches, once for all streams of a round that are to write the same frames. For one thread. Frames are told
 * apart by identity: an event's frame is made once for all streams.
 */
public final class SharedBatches {
    /** A power of two. */
    private static final int SLOTS = 256;
    /** More would not stay in a processor's cache, and is rarely asked for twice. */
    private static final int MOST_HELD_BYTES = 2 << 20;

    private final Held[] slots = new Held[SLOTS];
    private int heldBytes;

    private static final class Held {
        private static final Held NOTHING = new Held(List.of(), Batch.NONE);

        private final List<byte[]> frames;
        private final Batch batch;

        private Held(List<byte[]> frames, Batch batch) {
            this.frames = frames;
            this.batch = batch;
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

        @SuppressWarnings("ArrayEquals") // the same object or not
        private static boolean same(byte[] frame, byte[] asked) {
            return frame == asked;
        }
    }

    SharedBatches() {
        clear();
    }

    /**
     * The frames in one piece.
     *
     * @param size of all frames together, in bytes
     */
    public Batch of(List<byte[]> frames, int size) {
        if (frames.isEmpty()) {
            return Batch.NONE;
        }
        int slot = slot(frames);
        if (slots[slot].isOf(frames)) {
            return slots[slot].batch;
        }
        if (heldBytes + size > MOST_HELD_BYTES) {
            clear();
        }
        Held made = new Held(new ArrayList<>(frames), new Batch(frames, size));
        heldBytes += size - slots[slot].batch.size();
        slots[slot] = made;
        return made.batch;
    }

    /** Lets go of everything: the round is over, and there is no next one. */
    void clear() {
        Arrays.fill(slots, Held.NOTHING);
        heldBytes = 0;
    }

    private static int slot(List<byte[]> frames) {
        int mixed = System.identityHashCode(frames.get(0))
                + 31 * System.identityHashCode(frames.get(frames.size() - 1))
                + frames.size();
        return (mixed ^ (mixed >>> 16)) & (SLOTS - 1);
    }
}
