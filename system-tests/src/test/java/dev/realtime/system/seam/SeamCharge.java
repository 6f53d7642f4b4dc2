package dev.realtime.system.seam;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What the seams of one woven world call: notes who came by, and throws once where it is armed. Each {@link SeamLoader}
 * has its own. Thread-safe.
 */
public final class SeamCharge {
    private static final int NOWHERE = -1;
    private static final int MOST = 1 << 14;

    private static final boolean[] REACHED = new boolean[MOST];
    private static final AtomicInteger ARMED = new AtomicInteger(NOWHERE);

    private static volatile SeamKind kind = SeamKind.RUNTIME;
    private static volatile @Nullable Thread struck;

    private SeamCharge() {}

    /** Woven in before each call. */
    public static void before(int seam) {
        REACHED[seam] = true;
        if (ARMED.get() == seam && ARMED.compareAndSet(seam, NOWHERE)) {
            struck = Thread.currentThread();
            throw SeamCharge.<RuntimeException>unchecked(kind.made());
        }
    }

    /** The next call throws, once. */
    public static void arm(int seam, SeamKind what) {
        kind = what;
        struck = null;
        ARMED.set(seam);
    }

    /** The thread that met the charge; null if none has. */
    public static @Nullable Thread struck() {
        return struck;
    }

    public static void disarm() {
        ARMED.set(NOWHERE);
    }

    /** The seams that were come by since this was last asked. */
    public static BitSet takeReached() {
        BitSet reached = new BitSet();
        for (int seam = 0; seam < MOST; seam++) {
            if (REACHED[seam]) {
                reached.set(seam);
                REACHED[seam] = false;
            }
        }
        return reached;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T unchecked(Throwable made) throws T {
        throw (T) made;
    }
}
