package dev.realtime.transport.postgres.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Who keeps the log from being written or read: a session that holds one of our tables or the notification queue for
 * long, or a commit of ours that does not end. Of others' sessions it sees as much as its role may. Asks the
 * catalogue and the server's views only, so it waits for none of those locks. Immutable.
 */
final class Standstill {
    /** From then on a lock is held for long: ours last milliseconds, where the server has the time for them. */
    private static final String LONG = "interval '2 seconds'";

    /** No statement of ours is waited for so long: whoever asked has gone. */
    private static final String ABANDONED = "interval '10 seconds'";

    private final String sql;

    /** @param application how the sessions of this instance begin to call themselves */
    Standstill(String schema, String application) {
        String ours = "(select n.oid from pg_catalog.pg_namespace n where n.nspname = '" + schema + "')";
        sql = "with held as (select l.pid, pg_catalog.min(case when l.locktype = 'relation'"
                + " then pg_catalog.format('%s.%s', '" + schema + "', c.relname) else 'the notification queue' end)"
                + " as what from pg_catalog.pg_locks l left join pg_catalog.pg_class c on l.locktype = 'relation'"
                + " and c.oid = l.relation and c.relnamespace = " + ours
                + " where l.granted and l.pid is distinct from pg_catalog.pg_backend_pid() and ("
                + "(c.oid is not null and l.database = (select d.oid from pg_catalog.pg_database d where d.datname ="
                + " pg_catalog.current_database()) and l.mode not in ('AccessShareLock', 'RowShareLock') and"
                + " (c.relname = 'gate' or l.mode not in ('RowExclusiveLock', 'ShareUpdateExclusiveLock')))"
                + " or (l.locktype = 'object' and l.database = '0' and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid"
                + " and l.objid = '0' and l.mode = 'AccessExclusiveLock')) group by l.pid)"
                + ", at_work as (select h.pid, h.what from held h union all select w.pid, null"
                + " from pg_catalog.pg_stat_activity w where w.wait_event = 'SyncRep' and w.application_name like"
                + " 'realtime:%' and w.pid not in (select x.pid from held x where x.pid is not null))"
                + ", worst as (select coalesce(" + Survey.WHO + ", 'a prepared transaction') as who, h.what,"
                + " a.wait_event, a.pid from at_work h left join pg_catalog.pg_stat_activity a on a.pid = h.pid"
                + " where h.pid is null"
                + " or coalesce(a.xact_start < pg_catalog.clock_timestamp() - case when a.application_name like 'realtime:%'"
                + " and a.state = 'active' and coalesce(a.wait_event_type, '') not in ('Lock', 'IPC', 'Client') then "
                + ABANDONED + " else " + LONG + " end, a.pid is not null)"
                + " order by h.what is null, a.xact_start limit 1)"
                + " select w.who, w.what, w.wait_event, w.pid,"
                + " (select pg_catalog.count(*) from pg_catalog.pg_stat_activity b where"
                + " pg_catalog.starts_with(b.application_name, '" + application + "') and b.state = 'active'"
                + " and b.query_start < pg_catalog.clock_timestamp() - " + ABANDONED + ")"
                + " from (values (1)) one (n) left join worst w on true";
    }

    /**
     * What was seen.
     *
     * @param cause who keeps the log standing, and what to do, as one line, steady while nothing changes; or null
     * @param abandoned how many server processes of this instance are at work for nobody
     */
    record Seen(@Nullable String cause, int abandoned) {}

    Seen look(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new Seen(cause(row), row.getInt(5));
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
