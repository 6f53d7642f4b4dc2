package dev.realtime.transport.postgres.internal.server;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What the looks for {@link Sight.Problem}s found, in the order of the server: the tail and the lookout look on
 * connections of their own, so an answer can come after one that was asked for later. Any thread.
 */
final class Sightings {
    private long clean;
    private boolean replaced;
    private Sight.@Nullable Problem last;

    /** One look's question to the server. */
    interface Look {
        Sight.@Nullable Problem problem() throws SQLException;
    }

    /**
     * Looks, once more if somebody else saw meanwhile that all is well: then what was found may be over.
     *
     * @param everybodys whether what is found counts for all of this instance's reads, and not for one connection only
     */
    Sight.@Nullable Problem look(boolean everybodys, Look look) throws SQLException {
        while (true) {
            long before = clean();
            Sight.Problem problem = look.problem();
            if (found(problem, before, everybodys)) {
                return problem;
            }
        }
    }

    private synchronized long clean() {
        return clean;
    }

    private synchronized boolean found(Sight.@Nullable Problem problem, long before, boolean everybodys) {
        if (problem == null) {
            clean++;
        } else if (clean != before) {
            return false;
        } else if (problem.replaced()) {
            replaced = true;
        }
        if (problem == null || problem.replaced() || everybodys) {
            last = problem;
        }
        return true;
    }

    /** What all reads suffer from; null if nothing is known. */
    synchronized Sight.@Nullable Problem last() {
        return last;
    }

    /** Whether something stood in a table's place since this was asked last: what was read meanwhile may not be all. */
    synchronized boolean wasReplaced() {
        boolean was = replaced;
        replaced = false;
        return was;
    }
}
