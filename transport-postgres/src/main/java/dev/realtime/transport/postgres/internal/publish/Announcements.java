package dev.realtime.transport.postgres.internal.publish;

/**
 * When appends say that there is something new. The first one after a pause does at once; where instances are many,
 * those that follow within {@link Pace#betweenAnnouncements} don't, and what they left unsaid is said when that time is
 * over. Owned by the publisher's thread.
 */
final class Announcements {
    private long last = System.nanoTime() - Long.MAX_VALUE / 2;
    private boolean unsaid;

    /** Whether an append that begins now says it itself. */
    boolean isDue(long now, int instances) {
        return now - last >= Pace.betweenAnnouncements(instances);
    }

    /** Something was appended, and said or not. */
    void appended(boolean said, long now) {
        unsaid = !said;
        last = said ? now : last;
    }

    boolean isUnsaid() {
        return unsaid;
    }

    /** How long to wait before it is said, in nanoseconds; 0 or less if that is now. Only when {@link #isUnsaid}. */
    long dueIn(long now, int instances) {
        return last + Pace.betweenAnnouncements(instances) - now;
    }
}
