package dev.realtime.transport.postgres.internal;

import dev.realtime.transport.Envelope;
import dev.realtime.transport.GapReason;
import dev.realtime.transport.JsonPayload;
import dev.realtime.transport.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The statements that read the log. Stateless; each call is one statement, so what it answers is consistent. */
final class EventLog {
    /** Most payload bytes in one page, unless a single event is larger. */
    private static final int PAGE_BYTES = 4 << 20;

    private static final String ENTRY_COLUMNS = "\"offset\", org_id, id, event, topic, user_ids, payload,"
            + " (extract(epoch from created_at) * 1000000)::bigint as created,"
            + " (extract(epoch from logged_at) * 1000000)::bigint as logged";

    private final String rangeSql;
    private final String readAllSql;
    private final String readOneSql;

    EventLog(String schema) {
        String s = '"' + schema + "\".";
        rangeSql = "select floor_offset, floor_check, head_offset, head_check, epoch from " + s + "log_range";
        readAllSql = readSql(s, "");
        readOneSql = readSql(s, "and l.org_id = ? ");
    }

    /** The page after a position with the range and the proof that the position is still the log's, in one snapshot. */
    private static String readSql(String s, String organisation) {
        return "with r as materialized (select * from " + s + "log_range)"
                + " select r.floor_offset, r.floor_check, r.head_offset, r.head_check, r.epoch,"
                + " exists (select from " + s + "log l where l.\"offset\" = ? and " + s
                + "check_of(l.id) = ?) as holds,"
                + " e.* from r left join lateral (select q.* from (select p.*, count(*) over () as in_page,"
                + " sum(octet_length(p.payload)) over (order by p.\"offset\") - octet_length(p.payload) as bytes_before"
                + " from (select " + ENTRY_COLUMNS + " from " + s + "log l where l.\"offset\" > ? " + organisation
                + "order by l.\"offset\" limit ?) p) q where q.bytes_before < " + PAGE_BYTES
                + " order by q.\"offset\") e on true";
    }

    LogRange range(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(rangeSql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return rangeOf(row);
        }
    }

    /** Reads after a position: one organisation's events, or all. */
    LogPage read(Connection connection, @Nullable String orgId, Position after, int maxEvents) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(orgId == null ? readAllSql : readOneSql)) {
            int parameter = 0;
            statement.setLong(++parameter, after.offset());
            statement.setString(++parameter, after.check());
            statement.setLong(++parameter, after.offset());
            if (orgId != null) {
                statement.setString(++parameter, orgId);
            }
            // One more, to know whether there is more.
            statement.setInt(++parameter, maxEvents + 1);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                LogRange range = rangeOf(rows);
                GapReason hole = hole(after, range, rows.getBoolean("holds"));
                return hole != null ? new LogPage.Hole(hole, range) : page(rows, range, maxEvents);
            }
        }
    }

    /** Why the log cannot go on from a position, or null if it can. The epoch is a hint, the check the proof. */
    static @Nullable GapReason hole(Position after, LogRange range, boolean holds) {
        Position floor = range.floor();
        boolean sameEpoch = after.epoch().equals(floor.epoch());
        boolean atFloor = after.offset() == floor.offset() && after.check().equals(floor.check());
        // Offset 0 is the same in every log, so there the epoch is all there is.
        if (holds || (atFloor && (sameEpoch || !after.check().equals(Position.NO_EVENT)))) {
            return null;
        }
        if (!sameEpoch) {
            return GapReason.EPOCH_CHANGED;
        }
        if (after.offset() < floor.offset()) {
            return GapReason.TRIMMED;
        }
        return after.offset() > range.head().offset() ? GapReason.AHEAD : GapReason.EPOCH_CHANGED;
    }

    /** The result stands on its first row, which is all null if there is no entry. */
    private static LogPage page(ResultSet rows, LogRange range, int maxEvents) throws SQLException {
        List<LogEntry> entries = new ArrayList<>();
        int inPage = rows.getInt("in_page");
        if (rows.wasNull()) {
            return new LogPage.Entries(entries, range.head());
        }
        String epoch = range.head().epoch();
        do {
            entries.add(entry(rows, epoch));
        } while (rows.next());
        boolean toTheHead = entries.size() == inPage && inPage <= maxEvents;
        List<LogEntry> bounded = entries.subList(0, Math.min(entries.size(), maxEvents));
        return new LogPage.Entries(
                List.copyOf(bounded),
                toTheHead ? range.head() : bounded.get(bounded.size() - 1).position());
    }

    /** Whether a page stopped at one of its bounds, so that there may be more. */
    static boolean isFull(LogPage.Entries page, int maxEvents) {
        return page.entries().size() == maxEvents
                || page.entries().stream()
                                .mapToLong(entry -> entry.envelope().payload().size())
                                .sum()
                        >= PAGE_BYTES;
    }

    private static LogEntry entry(ResultSet row, String epoch) throws SQLException {
        String id = row.getString("id");
        Array users = row.getArray("user_ids");
        long created = row.getLong("created");
        Envelope envelope = new Envelope(
                id,
                row.getString("org_id"),
                row.getString("event"),
                row.getString("topic"),
                Instant.ofEpochSecond(created / 1_000_000, created % 1_000_000 * 1_000),
                JsonPayload.trusted(row.getBytes("payload")),
                users == null ? null : List.of((String[]) users.getArray()));
        return new LogEntry(
                new Position(epoch, row.getLong("offset"), Position.checkOf(id)), envelope, row.getLong("logged"));
    }

    private static LogRange rangeOf(ResultSet row) throws SQLException {
        String epoch = row.getString("epoch");
        return new LogRange(
                new Position(epoch, row.getLong("floor_offset"), row.getString("floor_check")),
                new Position(epoch, row.getLong("head_offset"), row.getString("head_check")));
    }
}
