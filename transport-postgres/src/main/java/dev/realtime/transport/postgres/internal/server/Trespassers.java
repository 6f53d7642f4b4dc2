package dev.realtime.transport.postgres.internal.server;

import dev.realtime.transport.runtime.Troubles;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What others have done at the database that costs events or time: a watch that has ended although nobody ended it, and
 * the sealer's lock in somebody else's hands. Each is a trouble until it is over. Owned by the lookout's thread.
 */
public final class Trespassers {
    public static final String WATCHES = "watched tables";
    public static final String SEAT = "sealing";

    /** So many are named, the others counted. */
    private static final int NAMED = 5;

    private final String watchesSql;
    private final String seatSql;
    private final Troubles troubles;
    /** Publishers try the lock, and have it for a moment: only who is seen twice in a row holds it. */
    private List<String> seatedBefore = List.of();

    Trespassers(String schema, Troubles troubles) {
        this.troubles = troubles;
        String s = '"' + schema + "\".";
        watchesSql = "select pg_catalog.concat(coalesce(w.relation::pg_catalog.text, w.resource), ': ', w.problem)"
                + " from " + s + "watched w where w.problem is not null order by 1";
        seatSql = "select pg_catalog.format('pid %s (%s, user %s)', a.pid,"
                + " coalesce(nullif(a.application_name, ''), 'no name'), a.usename)"
                + " from " + s + "awake_key() w join pg_catalog.pg_locks k on k.locktype = 'advisory' and k.granted"
                + " and k.objsubid operator(pg_catalog.=) 2 and k.classid::pg_catalog.int8 operator(pg_catalog.=) w.space"
                + " and k.objid::pg_catalog.int8 operator(pg_catalog.=)"
                + " (w.key::pg_catalog.int8 operator(pg_catalog.&) 4294967295)"
                + " and k.database operator(pg_catalog.=) (select d.oid from pg_catalog.pg_database d"
                + " where d.datname = pg_catalog.current_database())"
                + " join pg_catalog.pg_stat_activity a on a.pid = k.pid"
                + " where coalesce(a.application_name, '') not like 'realtime:%' order by 1";
    }

    /** Looks, and says what is new or over. */
    void look(Connection connection) throws SQLException {
        List<String> watches = lines(connection, watchesSql);
        tell(WATCHES, watches, "");
        List<String> seated = lines(connection, seatSql);
        List<String> staying = seated.stream().filter(seatedBefore::contains).toList();
        seatedBefore = seated;
        tell(
                SEAT,
                staying,
                " holds the lock by which publishers know that an instance seals: what is published by SQL comes up to a"
                        + " quarter of a second late; end it with pg_terminate_backend");
    }

    private void tell(String part, List<String> lines, String what) {
        if (lines.isEmpty()) {
            troubles.clear(part);
            return;
        }
        String named = String.join("; ", lines.subList(0, Math.min(NAMED, lines.size()))) + what;
        troubles.raise(part, lines.size() > NAMED ? named + " (and " + (lines.size() - NAMED) + " more)" : named);
    }

    private static List<String> lines(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> lines = new ArrayList<>();
            while (rows.next()) {
                lines.add(rows.getString(1).replaceAll("\\p{Cntrl}", "?"));
            }
            return lines;
        }
    }
}
