package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write the log. Stateless. Each is one call of a function, alone in an autocommit transaction:
 * the functions refuse anything else.
 */
final class LogWriter {
    /** Staged events sealed in one transaction. */
    private static final int SEAL_ROWS = 10_000;

    private final String appendSql;
    private final String sealSql;
    private final String isStagedSql;
    private final String settleSql;
    private final String trimSql;

    LogWriter(String schema) {
        String s = '"' + schema + "\".";
        appendSql = "select ordinal, at_offset, outcome, in_epoch from " + s + "append(?, ?, ?, ?, ?, ?, ?, ?)";
        sealSql = "select sealed, more from " + s + "seal(?)";
        isStagedSql = "select " + s + "is_staged()";
        settleSql = "select " + s + "settle()";
        trimSql = "select " + s + "trim(?)";
    }

    /** What became of one group: its positions, or the id that another event has. */
    record Outcome(List<Position> positions, @Nullable String conflict) {}

    /** Appends groups of events, each all or none, in order. Seals what is staged first. */
    List<Outcome> append(Connection connection, List<List<Envelope>> groups) throws SQLException {
        List<Outcome> outcomes = tryAppend(connection, groups);
        while (outcomes.isEmpty()) {
            sealAll(connection);
            outcomes = tryAppend(connection, groups);
        }
        return outcomes;
    }

    /** Seals everything staged that is committed. Returns how many events that was. */
    int sealAll(Connection connection) throws SQLException {
        int total = 0;
        boolean more = true;
        while (more) {
            try (PreparedStatement statement = connection.prepareStatement(sealSql)) {
                statement.setInt(1, SEAL_ROWS);
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    total += row.getInt("sealed");
                    more = row.getBoolean("more");
                }
            }
        }
        return total;
    }

    /** Whether something waits to be sealed. Only reads. */
    boolean isStaged(Connection connection) throws SQLException {
        return truth(connection, isStagedSql);
    }

    /** Begins the stage anew if the store has been moved to another cluster. Whether it had been. */
    boolean settle(Connection connection) throws SQLException {
        return truth(connection, settleSql);
    }

    /** Deletes some of what is due. Returns how many rows: 0 when nothing is. */
    int trim(Connection connection, int maxRows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(trimSql)) {
            statement.setInt(1, maxRows);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** Empty if a backlog has to be sealed first. */
    private List<Outcome> tryAppend(Connection connection, List<List<Envelope>> groups) throws SQLException {
        List<Envelope> all = groups.stream().flatMap(List::stream).toList();
        Integer[] groupOf = new Integer[all.size()];
        int ordinal = 0;
        for (int group = 0; group < groups.size(); group++) {
            for (int i = 0; i < groups.get(group).size(); i++) {
                groupOf[ordinal++] = group;
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(appendSql)) {
            statement.setArray(1, connection.createArrayOf("integer", groupOf));
            statement.setArray(
                    2, texts(connection, all.stream().map(Envelope::orgId).toArray(String[]::new)));
            statement.setArray(
                    3, texts(connection, all.stream().map(Envelope::id).toArray(String[]::new)));
            statement.setArray(
                    4, texts(connection, all.stream().map(Envelope::event).toArray(String[]::new)));
            statement.setArray(
                    5, texts(connection, all.stream().map(Envelope::topic).toArray(String[]::new)));
            statement.setArray(
                    6, texts(connection, all.stream().map(LogWriter::audience).toArray(String[]::new)));
            statement.setArray(
                    7,
                    connection.createArrayOf(
                            "timestamptz",
                            all.stream()
                                    .map(envelope -> OffsetDateTime.ofInstant(envelope.timestamp(), ZoneOffset.UTC)
                                            .toString())
                                    .toArray()));
            statement.setArray(
                    8,
                    connection.createArrayOf(
                            "bytea",
                            all.stream()
                                    .map(envelope -> envelope.payload().bytes())
                                    .toArray(byte[][]::new)));
            try (ResultSet rows = statement.executeQuery()) {
                return outcomes(rows, groups, all);
            }
        }
    }

    private static List<Outcome> outcomes(ResultSet rows, List<List<Envelope>> groups, List<Envelope> all)
            throws SQLException {
        @Nullable Position[] positions = new Position[all.size()];
        boolean[] conflicts = new boolean[all.size()];
        while (rows.next()) {
            String outcome = rows.getString("outcome");
            if (outcome.equals("backlog")) {
                return List.of();
            }
            int i = rows.getInt("ordinal") - 1;
            conflicts[i] = outcome.equals("conflict");
            positions[i] = new Position(
                    rows.getString("in_epoch"),
                    rows.getLong("at_offset"),
                    Position.checkOf(all.get(i).id()));
        }
        List<Outcome> outcomes = new ArrayList<>(groups.size());
        int first = 0;
        for (List<Envelope> group : groups) {
            outcomes.add(outcome(group, first, positions, conflicts));
            first += group.size();
        }
        return outcomes;
    }

    private static Outcome outcome(List<Envelope> group, int first, @Nullable Position[] positions, boolean[] conflicts)
            throws SQLException {
        List<Position> appended = new ArrayList<>(group.size());
        for (int i = 0; i < group.size(); i++) {
            if (conflicts[first + i]) {
                return new Outcome(List.of(), group.get(i).id());
            }
            Position position = positions[first + i];
            if (position != null) {
                appended.add(position);
            }
        }
        if (appended.size() < group.size()) {
            throw new SQLException("append() gave no answer for an event of the group of "
                    + group.get(0).id());
        }
        return new Outcome(appended, null);
    }

    /** An audience as an array literal: user ids hold neither quotes nor backslashes. */
    private static @Nullable String audience(Envelope envelope) {
        List<String> users = envelope.userIds();
        return users == null ? null : "{\"" + String.join("\",\"", users) + "\"}";
    }

    private static java.sql.Array texts(Connection connection, @Nullable String[] values) throws SQLException {
        return connection.createArrayOf("text", values);
    }

    /** The one boolean that a query answers. */
    static boolean truth(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
