package dev.realtime.transport.postgres.internal.log;

import dev.realtime.transport.GapReason;
import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.postgres.internal.connect.SizeBound;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.LogRange;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read the log. Stateless; each call is one statement, so what it answers is consistent.
 *
 * <p>A page is one row for the log's range, and a row for each entry: repeating the range in each row costs as much as
 * the entries do.
 */
public final class EventLog {
    /** Most payload bytes in one page, unless a single event is larger. */
    private static final int PAGE_BYTES = 1 << 20;

    /** As long as a page may be on its way to a reader, and the largest event with it; who is gone is noticed earlier. */
    private static final String BOUND =
            SizeBound.sql(SizeBound.of(PAGE_BYTES + (16 << 20)).plusSeconds(5));

    private static final String ENTRY_COLUMNS =
            "\"offset\", org_id, id, event, topic, user_ids, payload, created_at, logged_at";

    /** The last column: whether a row is the range. */
    private static final int IS_RANGE = 11;

    /** Behind a pooler no path can be pinned, and a text compared with a parameter is no exact match of pg_catalog's. */
    private static final String EQUALS = " operator(pg_catalog.=) ";
    /** The column of the range that has a value if the reader sees less than the log holds. */
    private static final int IS_NARROWED = 6;

    private static final String NO_RANGE = "the log's floor cannot be read: it is not there, or not for this session";

    private final String rangeSql;
    private final String readAllSql;
    private final String readOneSql;
    private final String followSql;

    public EventLog(String schema) {
        String s = '"' + schema + "\".";
        rangeSql = "select floor_offset, floor_check, head_offset, head_check, epoch from " + s + "log_range";
        readAllSql = readSql(s, "");
        readOneSql = readSql(s, "and l.org_id" + EQUALS + "? ");
        followSql = BOUND + entriesSql(s, "") + " and not " + narrowed(s) + " and (exists (select from " + s
                + "log l where l.\"offset\"" + EQUALS + "? and " + s + "check_of(l.id)" + EQUALS + "?) or ("
                + "select f.trimmed_through" + EQUALS + "? and f.trimmed_check" + EQUALS + "? from " + s
                + "floor f order by f.number desc limit 1))";
    }

    /** The page after a position with the range and the proof that the position is still the log's, in one snapshot. */
    private static String readSql(String s, String organisation) {
        return BOUND + "select r.head_offset, r.epoch, r.floor_check, r.head_check,"
                + " (exists (select from " + s + "log l where l.\"offset\"" + EQUALS + "? and " + s + "check_of(l.id)"
                + EQUALS
                + "?))::pg_catalog.text,"
                // What is at the head by the owner's rights is there by the reader's.
                + " case when " + narrowed(s)
                + " or (r.head_offset operator(pg_catalog.>) r.floor_offset and not exists"
                + " (select from " + s + "log l where l.\"offset\"" + EQUALS
                + "r.head_offset)) then array[]::pg_catalog.text[] end, null::pg_catalog.bytea,"
                + " null::pg_catalog.timestamptz, null::pg_catalog.timestamptz, r.floor_offset, true from " + s
                + "log_range r union all (" + entriesSql(s, organisation) + ")";
    }

    /** Whether a policy takes rows away from this session. */
    private static String narrowed(String s) {
        return "pg_catalog.row_security_active('" + s + "log'::pg_catalog.regclass)";
    }

    private static String entriesSql(String s, String organisation) {
        return "select " + ENTRY_COLUMNS + ", 0::pg_catalog.int8, false from (select p.*,"
                + " pg_catalog.sum(pg_catalog.octet_length(p.payload)) over (rows unbounded preceding)"
                + " operator(pg_catalog.-) pg_catalog.octet_length(p.payload)"
                + " as bytes_before from (select " + ENTRY_COLUMNS + " from " + s
                + "log l where l.\"offset\" operator(pg_catalog.>) ? " + organisation
                + "order by l.\"offset\" limit ?) p) q"
                + " where bytes_before operator(pg_catalog.<) " + PAGE_BYTES;
    }

    public LogRange range(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(rangeSql);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw new SQLException(NO_RANGE);
            }
            return rangeOf(row);
        }
    }

    /** Reads after a position: one organisation's events, or all. */
    public LogPage read(Connection connection, @Nullable String orgId, Position after, int maxEvents)
            throws SQLException {
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
            try (ResultSet rows = SizeBound.run(statement)) {
                return page(rows, after, maxEvents);
            }
        }
    }

    /**
     * What follows a position, if that is proved: the same as {@link #read}, at half the cost when there is little,
     * because the range is not looked at. If it answers nothing, only {@link #read} can tell whether that is a gap.
     */
    public List<LogEntry> readNext(Connection connection, Position after, int maxEvents) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(followSql)) {
            statement.setLong(1, after.offset());
            statement.setInt(2, maxEvents);
            statement.setLong(3, after.offset());
            statement.setString(4, after.check());
            statement.setLong(5, after.offset());
            statement.setString(6, after.check());
            try (ResultSet rows = SizeBound.run(statement)) {
                List<LogEntry> entries = new ArrayList<>();
                while (rows.next()) {
                    entries.add(entry(rows, after.epoch()));
                }
                return entries;
            }
        }
    }

    /**
     * Why the log cannot go on from a position, or null if it can. It is of another log if either the epoch or the
     * check is another.
     */
    static @Nullable GapReason gap(Position after, LogRange range, boolean holds) {
        Position floor = range.floor();
        if (!after.epoch().equals(floor.epoch())) {
            return GapReason.EPOCH_CHANGED;
        }
        if (holds || after.equals(floor)) {
            return null;
        }
        if (after.offset() < floor.offset()) {
            return GapReason.TRIMMED;
        }
        return after.offset() > range.head().offset() ? GapReason.AHEAD : GapReason.EPOCH_CHANGED;
    }

    private static LogPage page(ResultSet rows, Position after, int maxEvents) throws SQLException {
        List<LogEntry> entries = new ArrayList<>();
        if (!rows.next() || !rows.getBoolean(IS_RANGE)) {
            throw new SQLException(NO_RANGE);
        }
        if (rows.getArray(IS_NARROWED) != null) {
            throw new SQLException(
                    "the log holds events up to " + rows.getLong(1)
                            + " and this session does not see all of them: a policy, a view or somebody's DELETE is in the way");
        }
        String epoch = rows.getString(2);
        LogRange range = new LogRange(
                new Position(epoch, rows.getLong(10), rows.getString(3)),
                new Position(epoch, rows.getLong(1), rows.getString(4)));
        GapReason gap = gap(after, range, rows.getString(5).equals("true"));
        if (gap != null) {
            return new LogPage.Gap(gap, range);
        }
        while (rows.next()) {
            entries.add(entry(rows, epoch));
        }
        boolean more = entries.size() > maxEvents || isFull(entries, maxEvents + 1);
        List<LogEntry> bounded = List.copyOf(entries.subList(0, Math.min(entries.size(), maxEvents)));
        return new LogPage.Entries(
                bounded, more ? bounded.get(bounded.size() - 1).position() : range.head());
    }

    /** Whether a page stopped at one of its bounds, so that there may be more. */
    static boolean isFull(List<LogEntry> entries, int maxEvents) {
        if (entries.size() == maxEvents) {
            return true;
        }
        long bytes = 0;
        for (LogEntry entry : entries) {
            bytes += entry.envelope().payload().size();
        }
        return bytes >= PAGE_BYTES;
    }

    private static LogEntry entry(ResultSet row, String epoch) throws SQLException {
        String id = row.getString(3);
        Array users = row.getArray(6);
        Envelope envelope = new Envelope(
                id,
                row.getString(2),
                row.getString(4),
                row.getString(5),
                row.getObject(8, OffsetDateTime.class).toInstant(),
                JsonPayload.trusted(row.getBytes(7)),
                users == null ? null : List.of((String[]) users.getArray()));
        Instant logged = row.getObject(9, OffsetDateTime.class).toInstant();
        return new LogEntry(
                new Position(epoch, row.getLong(1), Position.checkOf(id)),
                envelope,
                logged.getEpochSecond() * 1_000_000 + logged.getNano() / 1_000);
    }

    private static LogRange rangeOf(ResultSet row) throws SQLException {
        String epoch = row.getString("epoch");
        return new LogRange(
                new Position(epoch, row.getLong("floor_offset"), row.getString("floor_check")),
                new Position(epoch, row.getLong("head_offset"), row.getString("head_check")));
    }
}
