package dev.realtime.transport.postgres.internal.publish;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.OneValue;
import dev.realtime.transport.postgres.internal.connect.SizeBound;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The statements that write the log. Stateless. Each is one call of a function, alone in an autocommit transaction:
 * the functions refuse anything else.
 */
public final class LogWriter {
    /** Staged events sealed in one transaction. */
    private static final int SEAL_ROWS = 10_000;

    private final String appendSql;
    private final String announceSql;
    private final String sealSql;
    private final String isStagedSql;
    private final String settleSql;
    private final String trimSql;

    public LogWriter(String schema) {
        String s = '"' + schema + "\".";
        appendSql = "select outcome, in_epoch, first_offset, offsets, conflicts, clock from " + s
                + "append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        announceSql = "select pg_catalog.set_config('synchronous_commit', 'off', true), " + s + "announce()";
        sealSql = "select sealed, more from " + s + "seal(?)";
        isStagedSql = "select " + s + "is_staged()";
        settleSql = "select " + s + "settle()";
        trimSql = "select " + s + "trim(?)";
    }

    /** What became of one group: its positions, or the id that another event has, or neither if it was too late. */
    public record Outcome(
            List<Position> positions, @Nullable String conflict, boolean late) {}

    /**
     * What became of a batch.
     *
     * @param groups of each group; none if a backlog has to be sealed first
     * @param late whether nothing was appended, because the first attempt is too long ago
     * @param clock the server's, in microseconds
     */
    public record Answer(List<Outcome> groups, boolean late, long clock) {}

    /**
     * Appends groups of events, each all or none, in order. Seals what is staged first.
     *
     * @param sent when the first attempt was begun, in microseconds of the server's clock: at the earliest, of any group
     * @param atMost how long the server may take, if that is more than usual
     */
    public Answer append(
            Connection connection, List<List<Envelope>> groups, boolean says, long sent, @Nullable Duration atMost)
            throws SQLException {
        Answer answer = tryAppend(connection, groups, says, sent, atMost);
        while (answer.groups().isEmpty()) {
            while (seal(connection).more()) {
                // others may append between two portions
            }
            answer = tryAppend(connection, groups, says, sent, atMost);
        }
        return answer;
    }

    /** Tells all instances to look at the log. */
    void announce(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(announceSql)) {
            statement.execute();
        }
    }

    /** What one portion was, and whether there may be another. */
    public record Portion(int sealed, boolean more) {}

    /** Seals what is staged and committed: all of it, or a portion. */
    public Portion seal(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sealSql)) {
            statement.setInt(1, SEAL_ROWS);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Portion(row.getInt("sealed"), row.getBoolean("more"));
            }
        }
    }

    /** Whether something waits to be sealed. Only reads. */
    public boolean isStaged(Connection connection) throws SQLException {
        return OneValue.truth(connection, isStagedSql);
    }

    /** Begins the stage anew if the store has been moved to another cluster. Whether it had been. */
    public boolean settle(Connection connection) throws SQLException {
        return OneValue.truth(connection, settleSql);
    }

    /** Deletes some of what is due. Returns how many rows: 0 when nothing is. */
    public int trim(Connection connection, int maxRows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(trimSql)) {
            statement.setInt(1, maxRows);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** Empty if a backlog has to be sealed first. */
    private Answer tryAppend(
            Connection connection, List<List<Envelope>> groups, boolean says, long sent, @Nullable Duration atMost)
            throws SQLException {
        AppendArrays arrays = AppendArrays.of(groups);
        String sql = atMost == null ? appendSql : SizeBound.sql(atMost) + appendSql;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            arrays.bind(connection.unwrap(PGConnection.class), statement);
            statement.setBoolean(9, says);
            statement.setLong(10, sent);
            try (ResultSet row = atMost == null ? statement.executeQuery() : SizeBound.run(statement)) {
                row.next();
                return new Answer(
                        outcomes(row, groups), row.getString("outcome").equals("late"), row.getLong("clock"));
            }
        }
    }

    private static List<Outcome> outcomes(ResultSet row, List<List<Envelope>> groups) throws SQLException {
        String outcome = row.getString("outcome");
        String epoch = row.getString("in_epoch");
        if (outcome.equals("backlog")) {
            return List.of();
        }
        if (outcome.equals("appended")) {
            long first = row.getLong("first_offset");
            return outcomes(groups, epoch, i -> first + i, i -> false);
        }
        Long[] offsets = (Long[]) row.getArray("offsets").getArray();
        Boolean[] conflicts = (Boolean[]) row.getArray("conflicts").getArray();
        if (outcome.equals("late")) {
            return known(groups, epoch, offsets, conflicts);
        }
        return outcomes(groups, epoch, i -> offsets[i], i -> conflicts[i]);
    }

    private static List<Outcome> outcomes(
            List<List<Envelope>> groups, String epoch, IntToLongFunction offset, IntPredicate isConflict) {
        List<Outcome> outcomes = new ArrayList<>(groups.size());
        int first = 0;
        for (List<Envelope> group : groups) {
            int from = first;
            outcomes.add(outcome(group, epoch, i -> offset.applyAsLong(from + i), i -> isConflict.test(from + i)));
            first += group.size();
        }
        return outcomes;
    }

    /** Of what was not appended: where it is all the same. */
    private static List<Outcome> known(List<List<Envelope>> groups, String epoch, Long[] offsets, Boolean[] conflicts) {
        List<Outcome> outcomes = new ArrayList<>(groups.size());
        int first = 0;
        for (List<Envelope> group : groups) {
            int from = first;
            boolean unknown = IntStream.range(from, from + group.size()).anyMatch(i -> offsets[i] == null);
            boolean conflict = IntStream.range(from, from + group.size()).anyMatch(i -> conflicts[i]);
            outcomes.add(
                    unknown && !conflict
                            ? new Outcome(List.of(), null, true)
                            : outcome(group, epoch, i -> offsets[from + i], i -> conflicts[from + i]));
            first += group.size();
        }
        return outcomes;
    }

    private static Outcome outcome(
            List<Envelope> group, String epoch, IntToLongFunction offset, IntPredicate isConflict) {
        for (int i = 0; i < group.size(); i++) {
            if (isConflict.test(i)) {
                return new Outcome(List.of(), group.get(i).id(), false);
            }
        }
        List<Position> positions = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            String check = Position.checkOf(group.get(i).id());
            positions.add(new Position(epoch, offset.applyAsLong(i), check));
        }
        return new Outcome(positions, null, false);
    }
}
