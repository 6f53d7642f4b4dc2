package dev.realtime.transport;

import java.util.Locale;

/** Why a range cannot be delivered. */
public enum GapReason {
    /** It is older than the replay window. The stream goes on from the floor: everything still held. */
    TRIMMED,
    /** The log is another one than the cursor's. The stream goes on from the head. */
    EPOCH_CHANGED,
    /** The cursor is ahead of the log: its tail was lost. The stream goes on from the head. */
    AHEAD,
    /** The cursor is not one of ours. The stream goes on from the head. */
    MALFORMED,
    /** The subscriber was too slow and its mailbox ran full. The stream goes on from the head. */
    OVERFLOW;

    /** As it stands on the wire. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
