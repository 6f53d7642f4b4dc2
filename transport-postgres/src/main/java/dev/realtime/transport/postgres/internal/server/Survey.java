package dev.realtime.transport.postgres.internal.server;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an instance sees when it looks at the server: one read. Of what other roles do, it sees no more than its role
 * may ({@code pg_read_all_stats}).
 *
 * @param queueUsage how full the server's notification queue is, from 0 to 1; full, every NOTIFY fails
 * @param queueHolder who holds it, as far as can be seen: the connection with the oldest open transaction
 * @param logBytes what the log takes up, with its indexes
 * @param stageBytes the same of the stage
 * @param events how many events the log holds, about
 * @param oldestSeconds the age of the oldest of them; 0 if there is none
 * @param staged events that wait to be sealed, at most {@link #MOST_STAGED}
 * @param snapshotSeconds how long the session's transaction has been open whose snapshot is the oldest one in this
 *     database, which keeps vacuum from our tables; 0 if none. Slots, standbys, prepared transactions do not count
 * @param snapshotHolder whose it is
 * @param prepared the oldest prepared transaction that has staged events
 * @param preparedSeconds its age
 * @param instances what the tails of all instances call themselves
 * @param creators who may put functions and operators of their own where statements look for them, one line each
 */
public record Survey(
        double queueUsage,
        @Nullable String queueHolder,
        long logBytes,
        long stageBytes,
        long events,
        double oldestSeconds,
        long staged,
        double snapshotSeconds,
        @Nullable String snapshotHolder,
        @Nullable String prepared,
        double preparedSeconds,
        List<String> instances,
        List<String> creators) {
    static final int MOST_STAGED = 100_000;

    /** A session of {@code pg_stat_activity a}, in words. */
    static final String WHO = "pg_catalog.format('pid %s (%s, user %s, database %s)', a.pid,"
            + " coalesce(nullif(a.application_name, ''), 'no name'), a.usename, a.datname)";

    /** The statement for a schema: its columns are the components, in order. */
    public static String sql(String schema) {
        String s = '"' + schema + "\".";
        // A listener hands the queue on between its transactions; one that cannot write to its client never gets there.
        return "select pg_catalog.pg_notification_queue_usage(),"
                + " (select " + WHO
                + " from pg_catalog.pg_stat_activity a where a.pid <> pg_catalog.pg_backend_pid() and a.backend_type ="
                + " 'client backend' and (a.xact_start < pg_catalog.clock_timestamp() - interval '1 second' or a.wait_event ="
                + " 'ClientWrite') order by a.wait_event = 'ClientWrite' and a.xact_start is null, a.xact_start limit 1),"
                + " pg_catalog.pg_total_relation_size('" + s + "log'), pg_catalog.pg_total_relation_size('" + s
                + "stage'),"
                + " r.head_offset - r.floor_offset,"
                + " coalesce((select extract(epoch from pg_catalog.clock_timestamp() - l.logged_at) from " + s
                + "log l where l.\"offset\" > r.floor_offset order by l.\"offset\" limit 1), 0),"
                + " " + s + "count_staged(" + MOST_STAGED + "),"
                + " coalesce(extract(epoch from pg_catalog.clock_timestamp() - oldest.xact_start), 0), oldest.who,"
                + " p.gid, coalesce(extract(epoch from pg_catalog.clock_timestamp() - p.prepared), 0),"
                + " array(select distinct a.application_name from pg_catalog.pg_stat_activity a where a.datname ="
                + " pg_catalog.current_database() and a.application_name like 'realtime:%:tail'), " + creators(schema)
                + " from " + s + "log_range r"
                + " left join lateral (select a.xact_start, " + WHO + " as who from pg_catalog.pg_stat_activity a"
                + " where a.datname = pg_catalog.current_database() and a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()"
                // Vacuum does not hold back vacuum.
                + " and a.backend_type <> 'autovacuum worker'"
                + " order by pg_catalog.age(a.backend_xmin) desc, a.xact_start limit 1) oldest on true"
                + " left join lateral (select x.gid, x.prepared from pg_catalog.pg_prepared_xacts x where x.database ="
                + " pg_catalog.current_database() and exists (select from pg_catalog.pg_locks k join pg_catalog.pg_locks t using (virtualtransaction)"
                + " where k.locktype = 'relation' and k.relation operator(pg_catalog.=) '" + s
                + "stage'::pg_catalog.regclass and k.pid is null"
                + " and t.locktype = 'transactionid' and t.transactionid operator(pg_catalog.=) x.transaction and t.pid is null)"
                + " order by x.prepared limit 1) p on true";
    }

    /**
     * Everybody but its owner in our schema, and PUBLIC in those that this role's statements would look in if the path
     * were not pinned: those of the application do.
     */
    private static String creators(String schema) {
        return "array(select distinct pg_catalog.format('%s may create in the schema %I', case x.grantee when 0::pg_catalog.oid then 'PUBLIC'"
                + " else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end, n.nspname)"
                + " from pg_catalog.pg_namespace n cross join lateral pg_catalog.aclexplode(n.nspacl) x"
                + " where x.privilege_type = 'CREATE' and (n.nspname = '" + schema + "' and x.grantee <> n.nspowner"
                + " or x.grantee operator(pg_catalog.=) 0 and n.nspname = any (array(select case w.word when '$user' then"
                + " current_user else w.word::pg_catalog.name end from pg_catalog.pg_settings g cross join lateral"
                + " pg_catalog.regexp_split_to_table(pg_catalog.replace(g.reset_val, '\"', ''), ', *') w(word)"
                + " where g.name = 'search_path'))))";
    }

    /** Looks. */
    public static Survey of(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new Survey(
                    row.getDouble(1),
                    printable(row.getString(2)),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    row.getDouble(6),
                    row.getLong(7),
                    row.getDouble(8),
                    printable(row.getString(9)),
                    printable(row.getString(10)),
                    row.getDouble(11),
                    List.of((String[]) row.getArray(12).getArray()),
                    List.of((String[]) row.getArray(13).getArray()));
        }
    }

    /** Others chose these names: they must not break a line of the log. */
    static @Nullable String printable(@Nullable String name) {
        return name == null ? null : name.replaceAll("\\p{Cntrl}", "?");
    }
}
