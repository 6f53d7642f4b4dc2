package dev.realtime.sse.internal.stream;

/**
 * Who may write to a stream, and what happens next.
 *
 * <pre>
 * STARTING ──container ready──▶ RUNNING ◀──────────────┐
 *                               │  ▲ │                 │
 *              nothing waits    │  │ └─signal─▶ SIGNALLED
 *     IDLE ◀────────────────────┤  │
 *      │ signal                 │  │ container ready
 *      ▼          thread        │  │
 *   SCHEDULED ─────────────▶ RUNNING──before asking──▶ BLOCKED
 * </pre>
 *
 * and from each of them, by whoever sees the end first, to ENDED.
 */
enum StreamState {
    /** The container has not called yet. */
    STARTING,
    /** Nothing waits: a signal schedules the pump. */
    IDLE,
    /** A thread has been asked for. */
    SCHEDULED,
    /** The pump runs: it alone polls and writes. */
    RUNNING,
    /** The pump runs, and something came that it may have missed. */
    SIGNALLED,
    /** The pump asks, or waits for, the container to take more. */
    BLOCKED,
    /** Over: cleaned up by whoever set this. */
    ENDED
}
