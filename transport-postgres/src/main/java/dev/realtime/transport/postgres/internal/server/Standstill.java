package dev.realtime.transport.postgres.internal.server;

import dev.realtime.transport.postgres.internal.log.Seen;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who keeps the log from being written or read: a session that holds one of our tables or the notification queue for
 * long, or a commit of ours that does not end. Asks the catalogue and the server's views only, so it waits for none of
 * those locks.
 *
 * <p>A lock and its session are read one after the other: by then the transaction may have ended. And of others'
 * sessions a role may not see since when they are at work; so these count once they were seen twice. {@link #look} on
 * one thread, {@link #lookWhileLocked} on any.
 */
final class Standstill {
    /** From then on a lock is held for long: ours last milliseconds, where the server has the time for them. */
    private static final Duration LONG = Duration.ofSeconds(2);

    /** No statement of ours is waited for so long: whoever asked has gone. */
    private static final String ABANDONED = "interval '10 seconds'";

    /** In the place of transactions that have been seen: every one counts. */
    private static final String ALL = "all";

    /**
     * A session that gives its locks back has no transaction any more: the server shows the number 0 in its place, the
     * same for every one that it ends (seen on 14 and 18, in 3 of 100 looks beside transactions that hold many locks).
     */
    private static final String NOT_ENDED = " and l.virtualtransaction not like '%/0'";

    private final String sql;
    private final LongSupplier nanos;

    /** When each transaction was seen first of which the server does not say since when it is at work. */
    private Map<String, Long> since = Map.of();

    /** @param application how the sessions of this instance begin to call themselves */
    Standstill(String schema, String application, LongSupplier nanos) {
        this.nanos = nanos;
        String ours = "(select n.oid from pg_catalog.pg_namespace n where n.nspname = '" + schema + "')";
        sql = "with held as (select l.pid, pg_catalog.min(l.virtualtransaction) as transaction,"
                + " pg_catalog.min(case when l.locktype = 'relation'"
                + " then pg_catalog.format('%s.%s', '" + schema + "', c.relname) else 'the notification queue' end)"
                + " as what from pg_catalog.pg_locks l left join pg_catalog.pg_class c on l.locktype = 'relation'"
                + " and c.oid = l.relation and c.relnamespace = " + ours
                + " where l.granted" + NOT_ENDED + " and l.pid is distinct from pg_catalog.pg_backend_pid() and ("
                + "(c.oid is not null and l.database = (select d.oid from pg_catalog.pg_database d where d.datname ="
                + " pg_catalog.current_database()) and l.mode not in ('AccessShareLock', 'RowShareLock') and"
                + " (c.relname = 'gate' or l.mode not in ('RowExclusiveLock', 'ShareUpdateExclusiveLock')))"
                + " or (l.locktype = 'object' and l.database = '0' and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid"
                + " and l.objid = '0' and l.mode = 'AccessExclusiveLock'))"
                + " group by l.pid, case when l.pid is null then l.virtualtransaction end)"
                + ", at_work as (select h.pid, h.transaction, h.what from held h union all"
                + " select w.pid, null, null"
                + " from pg_catalog.pg_stat_activity w where w.wait_event = 'SyncRep' and w.application_name like"
                + " 'realtime:%' and w.pid not in (select x.pid from held x where x.pid is not null))"
                + ", timed as (select h.*, a.xact_start, a.wait_event, case when h.pid is null then 'a prepared transaction'"
                + " else " + Survey.WHO + " end as who,"
                + " case when a.xact_start is not null then a.xact_start < pg_catalog.clock_timestamp() -"
                + " case when a.application_name like 'realtime:%' and a.state = 'active'"
                + " and coalesce(a.wait_event_type, '') not in ('Lock', 'IPC', 'Client') then " + ABANDONED
                + " else interval '" + LONG.toMillis() + " milliseconds' end"
                // Idle, it holds nothing any more; without a row, it has ended.
                + " when a.state = 'idle' or (a.pid is null and h.pid is not null) then false end as is_long"
                + " from at_work h left join pg_catalog.pg_stat_activity a on a.pid = h.pid)"
                + ", worst as (select t.who, t.what, t.wait_event, t.pid from timed t, (values (?)) seen (transactions)"
                + " where coalesce(t.is_long, seen.transactions = '" + ALL + "'"
                + " or t.transaction = any (pg_catalog.string_to_array(seen.transactions, ',')))"
                + " order by t.what is null, t.xact_start limit 1)"
                + " select w.who, w.what, w.wait_event, w.pid,"
                + " (select pg_catalog.count(*) from pg_catalog.pg_stat_activity b where"
                + " pg_catalog.starts_with(b.application_name, '" + application + "') and b.state = 'active'"
                + " and b.query_start < pg_catalog.clock_timestamp() - " + ABANDONED + "),"
                + " (select pg_catalog.string_agg(t.transaction, ',') from timed t where t.is_long is null)"
                + " from (values (1)) one (n) left join worst w on true";
    }

    /**
     * What was seen.
     *
     * @param cause who keeps the log standing, and what to do, as one line, steady while nothing changes; or null
     * @param abandoned how many server processes of this instance are at work for nobody
     */
    record Seen(@Nullable String cause, int abandoned) {}

    /** Looks once; to be called about every five seconds. */
    Seen look(Connection connection) throws SQLException {
        long now = nanos.getAsLong();
        String seenForLong = since.entrySet().stream()
                .filter(each -> now - each.getValue() >= LONG.toNanos())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(","));
        try (PreparedStatement statement = asking(connection, seenForLong);
                ResultSet row = statement.executeQuery()) {
            row.next();
            String untimed = row.getString(6);
            Map<String, Long> seen = new HashMap<>();
            for (String transaction : untimed == null ? List.<String>of() : List.of(untimed.split(",", -1))) {
                seen.put(transaction, since.getOrDefault(transaction, now));
            }
            since = Map.copyOf(seen);
            return new Seen(cause(row), row.getInt(5));
        }
    }

    /** Who may be the cause that a statement has waited for a lock for too long; null if nobody is seen. */
    @Nullable
    String lookWhileLocked(Connection connection) throws SQLException {
        try (PreparedStatement statement = asking(connection, ALL);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return cause(row);
        }
    }

    private PreparedStatement asking(Connection connection, String transactions) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            statement.setString(1, transactions);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private static @Nullable String cause(ResultSet row) throws SQLException {
        String what = row.getString(2);
        String event = row.getString(3);
        int pid = row.getInt(4);
        boolean replicates = "SyncRep".equals(event);
        String holder = Survey.printable(row.getString(1));
        if (holder == null || (what == null && !replicates)) {
            return null;
        }
        StringBuilder cause = new StringBuilder("the log stands still: ").append(holder);
        if (what != null) {
            cause.append(" holds ").append(what);
        }
        if (event != null && !event.equals("ClientRead")) {
            cause.append(what == null ? " " : " and ").append("waits for ").append(event);
        }
        if (replicates) {
            return cause.append(": no synchronous standby answers; bring it back, or take it out of"
                            + " synchronous_standby_names")
                    .toString();
        }
        return cause.append(
                        pid == 0
                                ? "; end it with COMMIT PREPARED or ROLLBACK PREPARED"
                                : "; end its transaction, or pg_terminate_backend(" + pid + ")")
                .toString();
    }
}
