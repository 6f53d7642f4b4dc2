package dev.realtime.transport.postgres.internal.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * From when on something that grows at the server is worth a warning, and the words for it. Immutable.
 *
 * @param queueUsage how full the notification queue may be
 * @param snapshot how long a snapshot may stay open
 * @param prepared how long a prepared transaction that has staged may stay open
 * @param overdue how much older than the window the oldest event may be
 */
public record Warnings(double queueUsage, Duration snapshot, Duration prepared, Duration overdue) {
    public static final Warnings STANDARD =
            new Warnings(0.1, Duration.ofMinutes(15), Duration.ofMinutes(1), Duration.ofMinutes(2));

    /** What will stop events from flowing if nobody does anything, or null. */
    @Nullable
    String pressing(Survey seen) {
        if (seen.queueUsage() < queueUsage) {
            return null;
        }
        return String.format(
                Locale.ROOT,
                "the server's notification queue is %.0f %% full, and full every NOTIFY fails; %s; end it with"
                        + " pg_terminate_backend",
                seen.queueUsage() * 100,
                seen.queueHolder() == null
                        ? "whoever listens and holds a transaction open cannot be seen from this role"
                        : "it is probably held by " + seen.queueHolder());
    }

    /** Who could plant what is then taken for ours or for PostgreSQL's own, one line each. */
    static List<String> exposed(Survey seen) {
        return seen.creators().stream()
                .map(creator -> creator + ": what they make there may run in place of what a statement means, with"
                        + " the rights of whoever runs it; revoke that")
                .toList();
    }

    /** Everything worth a line for the operator, steady in its wording while nothing changes. */
    public List<String> lines(Survey seen, Duration window) {
        List<String> lines = new ArrayList<>();
        if (seen.snapshotSeconds() > snapshot.toSeconds()) {
            lines.add("a snapshot has been open for over " + snapshot.toSeconds() + " s and keeps vacuum from the log: "
                    + seen.snapshotHolder() + "; end that transaction");
        }
        if (seen.prepared() != null && seen.preparedSeconds() > prepared.toSeconds()) {
            lines.add("the prepared transaction '" + seen.prepared() + "' has staged events and has been open for over "
                    + prepared.toSeconds() + " s; end it with COMMIT PREPARED or ROLLBACK PREPARED");
        }
        if (seen.oldestSeconds() > window.plus(overdue).toSeconds()) {
            lines.add("the log is not trimmed: its oldest event should have gone over " + overdue.toSeconds()
                    + " s ago; does this role hold EXECUTE on trim(integer)?");
        }
        return lines;
    }
}
